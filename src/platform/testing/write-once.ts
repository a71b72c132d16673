import { writeSync } from "node:fs";
import { openEngine } from "../open-engine.ts";

/*
 * Run under strace: writes one key into the folder given and says so on standard output, by system calls of its own,
 * just before it asks and just after it was told. Arguments: folder, "on" or "off" for sync, engine.
 */
const [, , folder = "", sync = "", name = ""] = process.argv;
if (name !== "lmdb" && name !== "sqlite") throw new RangeError(`Cannot write to ${name}`);
const engine = await openEngine({ engine: name, folder, sync: sync === "on" });
writeSync(1, "REQUEST\n");
await engine.write([{ table: "records", key: Buffer.from("key"), value: Buffer.from("value") }]);
writeSync(1, "ACKNOWLEDGED\n");
await engine.close();
