import { describe, expect, test } from "vitest";
import { UsageError } from "./exit-status.ts";
import { parseSimFlags } from "./sim-flags.ts";

function parse(line: string) {
  const words = line.split(" ").filter((word) => word !== "");
  return parseSimFlags(words, { jobs: 2, out: "results" });
}

describe("parseSimFlags()", () => {
  test("gives the standard swarm where nothing is said", () => {
    expect(parse("")).toEqual({
      wish: {
        mode: "swarm",
        seedFirst: 1,
        seeds: 200,
        forMs: undefined,
        shrink: true,
        stopAtFirst: false,
        json: undefined,
      },
      jobs: 2,
      timeoutMs: 60_000,
      out: "results",
    });
  });

  test.each([
    ["--for 10m", { mode: "swarm", seeds: undefined, forMs: 600_000 }],
    ["--for 90s --first 7", { mode: "swarm", forMs: 90_000, seedFirst: 7 }],
    [
      "--seeds 5 --no-shrink --stop-at-first --json a.json",
      { mode: "swarm", seeds: 5, shrink: false, stopAtFirst: true, json: "a.json" },
    ],
    ["--seed 0 --trace", { mode: "seed", seed: 0, trace: true }],
    ["--plan x.json", { mode: "plan", file: "x.json", trace: false }],
    ["--corpus --jobs 1", { mode: "corpus", json: undefined }],
    ["--corpus --json a.json", { mode: "corpus", json: "a.json" }],
    ["--hashes 20", { mode: "hashes", count: 20 }],
  ])("understands %s", (line, wish) => {
    expect(parse(line).wish).toMatchObject(wish);
  });

  test.each([
    ["--seeds 0", "Cannot use --seeds 0: allowed is a whole number from 1 to 10000000"],
    ["--for 10", "Cannot use --for 10: allowed is a time such as 90s, 10m or 2h"],
    ["--for 0s", "Cannot use --for 0s"],
    ["--for 1h --seeds 3", "Cannot use --for together with --seeds"],
    ["--seed 1 --plan x", "Cannot use --seed together with --plan"],
    ["--corpus --hashes 3", "Cannot use --corpus together with --hashes"],
    ["--trace", "Cannot use --trace without --seed or --plan"],
    ["--seed 3 --seeds 4", "Cannot use --seeds together with --seed"],
    ["--corpus --stop-at-first", "Cannot use --stop-at-first together with --corpus"],
    ["--hashes 3 --json a", "Cannot use --json together with --hashes"],
    ["--jobs 0", "Cannot use --jobs 0"],
    ["--seed-timeout 0", "Cannot use --seed-timeout 0"],
    ["--seed x", "Cannot use --seed x"],
    ["--flood", "Cannot read the arguments"],
  ])("refuses %s", (line, sentence) => {
    expect(() => parse(line)).toThrow(UsageError);
    expect(() => parse(line)).toThrow(sentence);
  });
});
