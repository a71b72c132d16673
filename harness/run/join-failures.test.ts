import { expect, test } from "vitest";
import { joinFailures } from "./join-failures.ts";

test("joinFailures() leaves a failure as it is where undoing went well", () => {
  const first = new Error("first");
  expect(joinFailures(first, { status: "fulfilled", value: undefined })).toBe(first);
});

test("joinFailures() says what could not be undone, after what failed first", () => {
  const joined = joinFailures(new Error("first"), {
    status: "rejected",
    reason: new Error("undo"),
  });
  expect(joined).toMatchObject({ message: "first; then not everything could be undone: undo" });
});
