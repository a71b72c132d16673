import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { utf8Bytes } from "./bytes.ts";
import { BytesMemo } from "./bytes-memo.ts";

describe("BytesMemo", () => {
  it("finds what was remembered, also in the middle of other bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 31 }), (bytes) => {
        const memo = new BytesMemo<string>();
        const inside = Uint8Array.from([1, 2, ...bytes, 3]);
        expect(memo.find(bytes)).toBeUndefined();
        memo.remember(inside.subarray(2, inside.length - 1), "value");
        inside.fill(0);
        expect(memo.find(bytes)).toBe("value");
        expect(memo.find(Uint8Array.from([1, 2, ...bytes, 3]), 2, bytes.length + 2)).toBe("value");
      }),
    );
  });

  it("knows nearly all of a few hundred names that count upwards", () => {
    const memo = new BytesMemo<number>();
    const names = Array.from({ length: 600 }, (_, count) =>
      utf8Bytes(`n${count % 5}/AbCdE/${count}`),
    );
    for (const [count, name] of names.entries()) memo.remember(name, count);
    const knownCount = names.filter((name, count) => memo.find(name) === count).length;
    expect(knownCount).toBeGreaterThan(0.9 * names.length);
  });

  it("never gives the value of other bytes, however many share a place", () => {
    const memo = new BytesMemo<number>();
    const names = Array.from({ length: 20_000 }, (_, count) => utf8Bytes(`n${count % 5}/${count}`));
    let foundCount = 0;
    for (const [count, name] of names.entries()) memo.remember(name, count);
    for (const [count, name] of names.entries()) {
      const found = memo.find(name);
      if (found !== undefined) foundCount += 1;
      if (found !== undefined && found !== count) expect(found).toBe(count);
    }
    expect(foundCount).toBeGreaterThan(1_000);
    expect(foundCount).toBeLessThan(names.length);
  });

  it("remembers nothing of bytes that have no place", () => {
    const memo = new BytesMemo<string>();
    const long = new Uint8Array(32).fill(7);
    memo.remember(long, "value");
    expect(memo.find(long)).toBeUndefined();
    expect(memo.find(long.subarray(1))).toBeUndefined();
  });

  it("tells bytes apart that end where others go on, or differ in the first one alone", () => {
    const memo = new BytesMemo<boolean>();
    memo.remember(utf8Bytes("a long text with the same end"), true);
    expect(memo.find(utf8Bytes("b long text with the same end"))).toBeUndefined();
    expect(memo.find(utf8Bytes("long text with the same end"))).toBeUndefined();
    expect(memo.find(utf8Bytes("a long text with the same end."))).toBeUndefined();
  });
});
