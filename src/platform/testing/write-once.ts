import { writeSync } from "node:fs";
import { openLmdbEngine } from "../lmdb-engine.ts";

/*
 * Run under strace: writes one key into the folder given and says so on standard output, by system calls of its own,
 * just before it asks and just after it was told. Arguments: folder, "on" or "off" for sync.
 */
const [, , folder = "", sync = ""] = process.argv;
const engine = await openLmdbEngine({ folder, sync: sync === "on" });
writeSync(1, "REQUEST\n");
await engine.write([{ table: "records", key: Buffer.from("key"), value: Buffer.from("value") }]);
writeSync(1, "ACKNOWLEDGED\n");
await engine.close();
