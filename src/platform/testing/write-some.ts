import { openLmdbEngine } from "../lmdb-engine.ts";

/* Stores 20 MB in an LMDB folder, opens it again and prints how many rows there are. */
const [, , folder = ""] = process.argv;
const ROWS = 200;
const engine = await openLmdbEngine({ folder, sync: false });
for (let index = 0; index < ROWS; index += 1) {
  const value = Buffer.alloc(100_000, `${index} `);
  await engine.write([{ table: "records", key: Buffer.from(`${index}`), value }]);
}
await engine.close();
const again = await openLmdbEngine({ folder, sync: false });
console.log(await again.count("records"));
await again.close();
