import { expect, test } from "vitest";
import { AssertionError } from "../../base/assert.ts";
import { CountingAssertions } from "./counting-assertions.ts";

test("CountingAssertions counts what was reached and throws where an invariant does not hold", () => {
  const assertions = new CountingAssertions();
  assertions.reachable("a forwarded write was lost");
  assertions.sometimes("a read found concurrent versions", false);
  expect(assertions.countOf("a read found concurrent versions")).toBe(0);
  assertions.sometimes("a read found concurrent versions", true);
  assertions.sometimes("a read found concurrent versions", true);
  assertions.always("no request ended twice", true);
  expect(assertions.countOf("a forwarded write was lost")).toBe(1);
  expect(assertions.countOf("a read found concurrent versions")).toBe(2);
  expect(assertions.countOf("no request ended twice")).toBe(1);
  expect(() => assertions.always("no request ended twice", false)).toThrow(AssertionError);
});
