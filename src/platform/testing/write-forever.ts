import { writeSync } from "node:fs";
import { openLmdbEngine } from "../lmdb-engine.ts";

/* Run to be killed: writes many keys at a time and prints each key's number once its write has resolved. */
const [, , folder = "", sync = ""] = process.argv;
const LOOPS = 16;
const WRITES_MAX = 1_000_000;
const engine = await openLmdbEngine({ folder, sync: sync === "on" });
let next = 0;
async function loop(): Promise<void> {
  while (next < WRITES_MAX) {
    const index = next;
    next += 1;
    const value = Buffer.alloc(1_000, `${index} `);
    await engine.write([{ table: "records", key: Buffer.from(`${index}`), value }]);
    writeSync(1, `${index}\n`);
  }
}
await Promise.all(Array.from({ length: LOOPS }, loop));
