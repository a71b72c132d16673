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
    expect(parseKnownKills(JSON.stringify({ ...FILE, results }), "it")).toEqual(
      new Map([
        ["a", { kind: "seed", seed: 7 }],
        ["b", { kind: "corpus" }],
      ]),
    );
  });

  test.each([
    ["{", "it is not JSON"],
    ["null", 'allowed is the format "ringside-mutants"'],
    [JSON.stringify({ ...FILE, version: 2, results: [] }), "it is of version 2, allowed is 1"],
    [JSON.stringify(FILE), "it has no results"],
    [JSON.stringify({ ...FILE, results: [{}] }), "a result has no name"],
    [
      JSON.stringify({ ...FILE, results: [{ name: "a", killedBy: { seed: 0 } }] }),
      "a was killed by seed 0, allowed is a whole number from 1",
    ],
  ])("refuses %s", (text, reason) => {
    expect(() => parseKnownKills(text, "it")).toThrow(
      new KnownKillsError(`Cannot read the known kills it: ${reason}`),
    );
  });

  test("a file that is not there is told of in one line", async () => {
    await expect(readKnownKills("/gone.json")).rejects.toThrow(KnownKillsError);
  });
});
