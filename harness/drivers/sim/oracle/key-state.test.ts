import { describe, expect, test } from "vitest";
import { byteString, bytesOf } from "../../../../src/storage/byte-strings.ts";
import { KeyState } from "./key-state.ts";

describe("KeyState", () => {
  test("textOf() gives every payload its own text, also after many others came up", () => {
    const state = new KeyState(Buffer.from("k"), ["n1"]);
    const texts = Array.from({ length: 40 }, (_, index) => `payload ${index % 20}`);
    for (const text of texts) expect(state.textOf(bytesOf(text))).toBe(text);
    for (const text of ["", "payload", "payload 19\xff"]) {
      expect(state.textOf(bytesOf(text))).toBe(byteString(bytesOf(text)));
    }
  });
});
