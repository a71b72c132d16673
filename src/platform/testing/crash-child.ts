import { readSync, writeSync } from "node:fs";
import type { ScriptEngine } from "../../storage/testing/crash-script.ts";
import { runCrashScript } from "../../storage/testing/crash-script.ts";
import { WriteBuffer } from "../../storage/write-buffer.ts";
import { createNodeEnvironment } from "../node-environment.ts";
import { openEngine } from "../open-engine.ts";

/*
 * Run to be stopped and killed: plays the crash script on a real engine, tells each event by a line of its own, and goes on with
 * the next when it is answered a byte. Arguments: engine, folder, rows that a write buffer takes, 0 for none.
 */
const [, , name = "", folder = "", bufferObjects = ""] = process.argv;
if (name !== "lmdb" && name !== "sqlite") throw new RangeError(`Cannot play on ${name}`);
const below = await openEngine({ engine: name, folder, sync: true });
const objectsMax = Number(bufferObjects);
const TIMES = { flushMs: 1, gatherMs: 5 };
const engine: ScriptEngine =
  objectsMax === 0
    ? below
    : new WriteBuffer(
        createNodeEnvironment({ nodeId: "n1", logLevel: "error" }),
        { engine: below },
        { objectsMax, ...TIMES },
      );
await runCrashScript(engine, (event) => {
  writeSync(1, `${JSON.stringify(event)}\n`);
  readSync(0, Buffer.alloc(1));
});
writeSync(1, "END\n");
// Waits to be killed.
readSync(0, Buffer.alloc(1));
