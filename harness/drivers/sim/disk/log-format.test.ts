import fc from "fast-check";
import { expect, test } from "vitest";
import { bytesOf } from "../../../../src/storage/byte-strings.ts";
import type { Write } from "../../../../src/storage/engine.ts";
import { TABLE_NAMES } from "../../../../src/storage/engine.ts";
import { groupSizeBytes, isIntact, readGroup, sealOf, valueIn, writeGroup } from "./log-format.ts";

const write: fc.Arbitrary<Write> = fc.record({
  table: fc.constantFrom(...TABLE_NAMES),
  key: fc.uint8Array({ minLength: 1, maxLength: 9 }),
  value: fc.option(fc.uint8Array({ maxLength: 40 }), { nil: undefined }),
});
const writes = fc.array(write, { minLength: 1, maxLength: 5 });

test("readGroup() gives back what writeGroup() wrote", () => {
  fc.assert(
    fc.property(writes, fc.nat(20), (group, at) => {
      const log = logOf(group, at);
      const read = readGroup(log, at);
      expect(read?.end).toBe(log.length);
      const found = read?.entries.map((entry) => ({
        table: entry.table,
        key: [...bytesOf(entry.keyText)],
        value: entry.stored === undefined ? undefined : [...valueIn(log, entry.stored)],
        isIntact: isIntact(log, entry),
      }));
      expect(found).toEqual(
        group.map(({ table, key, value }) => ({
          table,
          key: [...key],
          value: value === undefined ? undefined : [...value],
          isIntact: true,
        })),
      );
    }),
  );
});

test("a group that was cut, or of which a bit was flipped, is not taken for whole", () => {
  fc.assert(
    fc.property(writes, fc.nat(), fc.nat(7), (group, chosen, bit) => {
      const log = logOf(group, 0);
      expect(isWhole(log)).toBe(true);
      const at = chosen % log.length;
      expect(isWhole(log.subarray(0, at))).toBe(false);
      const flipped = log.slice();
      flipped[at] = (flipped[at] as number) ^ (1 << bit);
      expect(isWhole(flipped)).toBe(false);
    }),
  );
});

test("zeros are no group", () => {
  expect(readGroup(new Uint8Array(100), 0)).toBeUndefined();
});

function logOf(group: readonly Write[], at: number): Uint8Array {
  const bytes = new Uint8Array(at + groupSizeBytes(group));
  const seals = group.map(({ key, value }) => (value === undefined ? 0 : sealOf(key, value)));
  writeGroup({ bytes, view: new DataView(bytes.buffer), at }, group, seals);
  return bytes;
}

function isWhole(log: Uint8Array): boolean {
  const group = readGroup(log, 0);
  return group?.entries.every((entry) => isIntact(log, entry)) === true;
}
