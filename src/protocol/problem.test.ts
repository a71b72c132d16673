import { describe, expect, test } from "vitest";
import type { ErrorCode } from "./errors.ts";
import { ERRORS } from "./errors.ts";
import { decodeProblem, encodeProblem } from "./problem.ts";

describe("encodeProblem() and decodeProblem()", () => {
  test("carry every code with its status and definiteness", () => {
    for (const code of Object.keys(ERRORS) as ErrorCode[]) {
      const bytes = encodeProblem(code, "Cannot ä: because");
      expect(JSON.parse(Buffer.from(bytes).toString())).toEqual({
        type: `urn:ringside:error:${code}`,
        title: expect.stringMatching(/^[A-Z][a-z ]+$/),
        code,
        ...ERRORS[code],
        detail: "Cannot ä: because",
      });
      expect(decodeProblem(bytes)).toMatchObject({ code, ...ERRORS[code] });
    }
  });

  test.each(["", "null", "[]", "<html>", '{"code":"toString"}', '{"code":"new"}', '{"code":1}'])(
    "decodeProblem() knows nothing about %s",
    (text) => {
      expect(decodeProblem(Buffer.from(text))).toBeUndefined();
    },
  );
});
