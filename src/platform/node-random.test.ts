import { expect, test } from "vitest";
import { createNodeRandom } from "./node-random.ts";

test("createNodeRandom() draws as many bytes as are asked for, and no byte twice", () => {
  const { bytes, uint32 } = createNodeRandom();
  const seen = new Set<string>();
  for (let draw = 0; draw < 2_000; draw += 1) {
    for (const length of [8, 15, 16, 64, 65, 4_096]) {
      const drawn = bytes(length);
      expect(drawn.length).toBe(length);
      seen.add(Buffer.from(drawn.subarray(0, 8)).toString("hex"));
    }
    // Draws of either kind come from one pool.
    const words = Buffer.alloc(8);
    words.writeUInt32LE(uint32(), 0);
    words.writeUInt32LE(uint32(), 4);
    seen.add(words.toString("hex"));
  }
  expect(seen.size).toBe(14_000);
  expect(bytes(0)).toEqual(new Uint8Array(0));
});

test("createNodeRandom() hands out bytes of their own memory", () => {
  const { bytes } = createNodeRandom();
  const first = bytes(16);
  const before = Buffer.from(first);
  for (let draw = 0; draw < 1_000; draw += 1) bytes(16).fill(0);
  expect(Buffer.compare(first, before)).toBe(0);
});
