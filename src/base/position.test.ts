import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toHex, utf8Bytes } from "./bytes.ts";
import { positionOf, positionTop32 } from "./position.ts";

describe("positionOf()", () => {
  it.each([
    ["", "d41d8cd98f00b204e9800998ecf8427e"],
    ["61", "0cc175b9c0f1b6a831c399e269772661"],
    ["00ff", "d07d34efac6328007ad67c7e0a985e00"],
  ])("of the key %j in hexadecimal is %s (D-4.1-5)", (key, position) => {
    expect(toHex(positionOf(Buffer.from(key, "hex")))).toBe(position);
  });

  it("begins with what positionTop32() says", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (key) => {
        const top = Buffer.from(positionOf(key)).readUInt32BE(0);
        expect(positionTop32(key)).toBe(top);
      }),
    );
    expect(positionTop32(utf8Bytes(""))).toBe(0xd41d8cd9);
  });
});
