import { openLmdbEngine } from "../lmdb-engine.ts";

/*
 * Run with a small disk at the folder given: writes until it is full, goes on, and prints one line of JSON about it.
 */
const [, , folder = ""] = process.argv;
const engine = await openLmdbEngine({ folder, sync: true });
const key = (index: number): Uint8Array => Buffer.from(`k${index}`);
const VALUE_SIZE_BYTES = 20_000;
const WRITES_MAX = 10_000;

let stored = 0;
let failure: unknown;
while (failure === undefined && stored < WRITES_MAX) {
  try {
    await engine.write([
      { table: "records", key: key(stored), value: Buffer.alloc(VALUE_SIZE_BYTES) },
    ]);
    stored += 1;
  } catch (error) {
    failure = error;
  }
}
const lost = await engine.get("records", key(stored));
const first = await engine.get("records", key(0));
for (let index = 0; index < stored / 2; index += 1) {
  await engine.write([{ table: "records", key: key(index), value: undefined }]);
}
await engine.write([{ table: "records", key: key(0), value: Buffer.alloc(VALUE_SIZE_BYTES) }]);
const count = await engine.count("records");
await engine.close();

const again = await openLmdbEngine({ folder, sync: true });
const countAgain = await again.count("records");
await again.close();
console.log(
  JSON.stringify({
    stored,
    name: failure instanceof Error ? failure.name : "",
    message: String(failure),
    lostVisible: lost !== undefined,
    firstSizeBytes: first?.length,
    count,
    countAgain,
  }),
);
