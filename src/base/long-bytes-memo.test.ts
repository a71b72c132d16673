import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { utf8Bytes } from "./bytes.ts";
import { LongBytesMemo } from "./long-bytes-memo.ts";

describe("LongBytesMemo", () => {
  it("finds what was remembered under the same bytes, whatever array they are in", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const memo = new LongBytesMemo<string>(4);
        expect(memo.find(bytes)).toBeUndefined();
        memo.remember(bytes, "value");
        expect(memo.find(Uint8Array.from(bytes))).toBe("value");
      }),
    );
  });

  it("never gives the value of other bytes, however many share a place", () => {
    const memo = new LongBytesMemo<number>(64);
    const filler = "x".repeat(200);
    const all = Array.from({ length: 1_000 }, (_, count) =>
      utf8Bytes(`${filler}${String(count).padStart(4, "0")}${filler}`),
    );
    let foundCount = 0;
    for (const [count, bytes] of all.entries()) memo.remember(bytes, count);
    for (const [count, bytes] of all.entries()) {
      const found = memo.find(bytes);
      if (found !== undefined) foundCount += 1;
      if (found !== undefined && found !== count) expect(found).toBe(count);
    }
    expect(foundCount).toBeGreaterThan(0);
    expect(foundCount).toBeLessThanOrEqual(64);
  });
});
