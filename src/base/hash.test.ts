import { describe, expect, it } from "vitest";
import { toHex, utf8Bytes } from "./bytes.ts";
import { equalInConstantTime, hmacSha256, sha256 } from "./hash.ts";

describe("hash", () => {
  it("sha256() of abc is the vector of FIPS 180-4", () => {
    expect(toHex(sha256(utf8Bytes("abc")))).toBe(
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    );
  });

  it("hmacSha256() is the second vector of RFC 4231, in any parts", () => {
    const expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    const key = utf8Bytes("Jefe");
    expect(toHex(hmacSha256(key, utf8Bytes("what do ya want for nothing?")))).toBe(expected);
    const parts = ["what do ya ", "", "want for nothing?"].map(utf8Bytes);
    expect(toHex(hmacSha256(key, ...parts))).toBe(expected);
  });

  it("equalInConstantTime() compares contents, and lengths first", () => {
    expect(equalInConstantTime(utf8Bytes("ab"), utf8Bytes("ab"))).toBe(true);
    expect(equalInConstantTime(utf8Bytes("ab"), utf8Bytes("ac"))).toBe(false);
    expect(equalInConstantTime(utf8Bytes("ab"), utf8Bytes("abc"))).toBe(false);
  });
});
