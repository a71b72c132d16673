import fc from "fast-check";
import { expect, test } from "vitest";
import { ChangedRows } from "./changed-rows.ts";

const BIG_BYTES = (1 << 20) + 1;

test("ChangedRows hands over the last state of each row, once, however many and large they are", () => {
  const change = fc.record({
    key: fc.integer({ min: 0, max: 700 }),
    sizeBytes: fc.oneof(
      { weight: 20, arbitrary: fc.integer({ min: 0, max: 3_000 }) },
      { weight: 1, arbitrary: fc.constantFrom(BIG_BYTES - 1, BIG_BYTES) },
    ),
    fill: fc.integer({ min: 0, max: 255 }),
    removed: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 1_500, size: "max" }), (changes) => {
      const settled = new Map<string, Uint8Array | undefined>();
      const rows = new ChangedRows((key, row) => settled.set(Buffer.from(key).toString(), row));
      const expected = new Map<string, Uint8Array | undefined>();
      for (const { key, sizeBytes, fill, removed } of changes) {
        const row = removed ? undefined : Buffer.alloc(sizeBytes, fill);
        rows.add(Buffer.from(`k${key}`), row);
        expected.set(`k${key}`, row);
      }
      rows.settle();
      expect(settled.size).toBe(expected.size);
      for (const [key, row] of expected) {
        const got = settled.get(key);
        expect(got === undefined ? undefined : Buffer.compare(got, row ?? Buffer.alloc(0))).toBe(
          row === undefined ? undefined : 0,
        );
      }
      settled.clear();
      rows.settle();
      expect(settled.size).toBe(0);
    }),
    { numRuns: 30 },
  );
});

test("ChangedRows hands a row over once where it was written twice in between", () => {
  const calls: string[] = [];
  const rows = new ChangedRows((key, row) => calls.push(`${key}=${row}`));
  const key = Buffer.from("k");
  rows.add(key, Buffer.from("first"));
  rows.add(key, Buffer.from("second"));
  rows.add(Buffer.from("gone"), undefined);
  rows.settle();
  expect(calls.sort()).toEqual(["gone=undefined", "k=second"]);
});
