import { describe, expect, test } from "vitest";
import { onlyParameters } from "./parameters.ts";

describe("onlyParameters()", () => {
  const judged = (query: string) => () => onlyParameters(new URLSearchParams(query), ["r", "w"]);

  test("takes each known name once", () => {
    expect(judged("r=1&w=2")).not.toThrow();
    expect(() => onlyParameters(undefined, ["r"])).not.toThrow();
  });

  test.each([
    ["W=1", 'Cannot use the parameter "W": known here are r, w'],
    ["w=1&r=2&w=7", "Cannot use the parameter w: it is given more than once, allowed is once"],
  ])("refuses %s", (query, sentence) => {
    expect(judged(query)).toThrow(sentence);
  });

  test("says so where none is known", () => {
    expect(() => onlyParameters(new URLSearchParams("r=1"), [])).toThrow(
      'Cannot use the parameter "r": none is known here',
    );
  });
});
