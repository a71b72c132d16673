import { describe, expect, test } from "vitest";
import { KnownKillsError, parseKnownKills, readKnownKills } from "./known-kills.ts";

const FILE = { format: "ringside-mutants", version: 1 };

describe("parseKnownKills()", () => {
  test("tells by mutant which seed killed it, or that the corpus did, and leaves out the others", () => {
    const results = [
      { name: "a", outcome: "killed", killedBy: { check: "x", anomaly: "y", seed: 7 } },
      { name: "b", outcome: "killed", killedBy: { check: "x", anomaly: "y", plan: "dense.json" } },
      { name: "c", outcome: "killed", killedBy: { check: "never-reached", anomaly: "y" } },
      { name: "d", outcome: "survived" },
    ];
    expect(parseKnownKills(JSON.stringify({ ...FILE, results }), "the file")).toEqual(
      new Map([
        ["a", { kind: "seed", seed: 7 }],
        ["b", { kind: "corpus" }],
      ]),
    );
  });

  test.each([
    ["{", "it is not JSON"],
    ["null", "it is null, allowed is an object"],
    [JSON.stringify({ format: "x" }), 'format is "x", allowed is ringside-mutants'],
    [JSON.stringify({ ...FILE, version: 2, results: [] }), "version is 2, allowed is 1"],
    [JSON.stringify(FILE), "results is missing, allowed is a list"],
    [JSON.stringify({ ...FILE, results: [{}] }), "results[0].name is missing, allowed is a text"],
    [
      JSON.stringify({ ...FILE, results: [{ name: "a", killedBy: { seed: 0 } }] }),
      "results[0].killedBy.seed is 0, allowed is a whole number from 1",
    ],
  ])("refuses %s", (text, reason) => {
    const refused = expect(() => parseKnownKills(text, "the file"));
    refused.toThrow(KnownKillsError);
    refused.toThrow(`Cannot read the known kills the file: ${reason}`);
  });

  test("a file that is not there is told of in one line", async () => {
    await expect(readKnownKills("/gone.json")).rejects.toThrow(KnownKillsError);
  });
});
