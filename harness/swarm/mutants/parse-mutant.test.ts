import { describe, expect, test } from "vitest";
import { MutantError, parseMutant } from "./parse-mutant.ts";

const DIFF = `diff --git a/src/quorum/slots.ts b/src/quorum/slots.ts
--- a/src/quorum/slots.ts
+++ b/src/quorum/slots.ts
@@ -1,3 +1,3 @@
 one
-two
+three
 four
`;
const PREAMBLE = "Mutant: It is broken.\nBreaks: D-1: a run would see it.\n";
const GOOD = `${PREAMBLE}\n${DIFF}`;

describe("parseMutant()", () => {
  test("gives fields, files and the diff without the preamble", () => {
    expect(parseMutant("quorum-broken", GOOD)).toEqual({
      name: "quorum-broken",
      what: "It is broken.",
      breaks: "D-1: a run would see it.",
      equivalent: undefined,
      files: ["src/quorum/slots.ts"],
      patch: DIFF,
    });
  });

  test("gives the argument of an equivalent one, and every file of several", () => {
    const other = DIFF.replaceAll("slots", "other");
    const text = `${PREAMBLE}Equivalent: nobody looks.\n\n${DIFF}${other}`;
    const mutant = parseMutant("quorum-broken", text);
    expect(mutant.equivalent).toBe("nobody looks.");
    expect(mutant.files).toEqual(["src/quorum/slots.ts", "src/quorum/other.ts"]);
  });

  const planted: readonly (readonly [what: string, text: string, reason: string])[] = [
    ["no diff", PREAMBLE, "no line that begins with diff"],
    ["no sentence", `Breaks: x\n${DIFF}`, "must say Mutant: and Breaks:"],
    ["no promise", `Mutant: x\n${DIFF}`, "must say Mutant: and Breaks:"],
    ["an empty field", `${PREAMBLE}Equivalent:\n${DIFF}`, "allowed before the diff are"],
    ["an unknown field", `${PREAMBLE}Author: x\n${DIFF}`, "allowed before the diff are"],
    ["a field twice", `${PREAMBLE}Mutant: y\n${DIFF}`, "says Mutant: twice"],
    ["a checker", GOOD.replaceAll("src/quorum", "harness/checker"), "harness/checker/slots.ts"],
    [
      "a path out of src",
      GOOD.replaceAll("src/quorum", "src/../harness"),
      "allowed are TypeScript",
    ],
    ["a checker behind an innocent header", GOOD.replace("+++ b/src", "+++ b/harness"), "harness/"],
    ["a rename", GOOD.replace("b/src/quorum/slots", "b/src/quorum/other"), "renames"],
    ["a new file", GOOD.replace("--- a", "new file mode 100644\n--- a"), "files that exist"],
    ["a test", GOOD.replaceAll("slots.ts", "slots.test.ts"), "which no node runs"],
    ["a test's helper", GOOD.replaceAll("quorum/slots", "quorum/testing/slots"), "no node runs"],
    ["no change", GOOD.replace("-two\n+three\n", " two\n"), "changes no line"],
  ];

  test.each(planted)("refuses %s", (_, text, reason) => {
    expect(() => parseMutant("quorum-broken", text)).toThrow(MutantError);
    expect(() => parseMutant("quorum-broken", text)).toThrow(reason);
  });

  test("refuses a name that is not kebab case", () => {
    expect(() => parseMutant("Quorum Broken", GOOD)).toThrow("kebab case");
  });
});
