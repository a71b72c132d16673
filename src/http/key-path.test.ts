import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { keyOfPath } from "./key-path.ts";

function percentEncoded(key: Uint8Array): string {
  return [...key].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
}

describe("keyOfPath()", () => {
  test("D-2.1-1 gives every key of bytes back in both forms", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 1_024 }), (key) => {
        const base64url = Buffer.from(key).toString("base64url");
        expect(Buffer.from(keyOfPath(`/kv64/${base64url}`) ?? [])).toEqual(Buffer.from(key));
        expect(Buffer.from(keyOfPath(`/kv/${percentEncoded(key)}`) ?? [])).toEqual(
          Buffer.from(key),
        );
      }),
    );
  });

  test("reads plain text and slashes as they are", () => {
    expect(Buffer.from(keyOfPath("/kv/cart/7%20x") ?? []).toString()).toBe("cart/7 x");
  });

  test.each([
    ["/kv/", "0 bytes"],
    ["/kv64/", "0 bytes"],
    ["/kv/%", "not a percent-encoded byte"],
    ["/kv/a%zz", "not a percent-encoded byte"],
    ["/kv/a%4", "not a percent-encoded byte"],
    ["/kv64/a", "not canonical base64url"],
    ["/kv64/ab+c", "not canonical base64url"],
    ["/kv64/YQ==", "not canonical base64url"],
    [`/kv/${"k".repeat(1_025)}`, "1025 bytes"],
  ])("refuses %s", (path, reason) => {
    expect(() => keyOfPath(path)).toThrow(reason);
  });

  test("knows no other path", () => {
    expect(keyOfPath("/admin/status")).toBeUndefined();
  });
});
