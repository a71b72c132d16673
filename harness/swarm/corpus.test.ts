import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { PlanFileError } from "../run/plan-fields.ts";
import { parseCorpusEntry, readCorpus, replayCorpus } from "./corpus.ts";
import { planOfSeed } from "./plan-of-seed.ts";
import { runSimulation } from "./testing/stand-in-run.ts";

const PLAN = planOfSeed(3);
const SEED = { format: "ringside-seed", version: 1, found: "a lost add", seed: 3, realMs: 20 };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "corpus-test-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const keep = (name: string, entry: unknown) => writeFile(join(folder, name), JSON.stringify(entry));

describe("readCorpus()", () => {
  test("reads seeds and plans, fastest first, and nothing else in the folder", async () => {
    await keep("a.json", SEED);
    const { seed: _, ...rest } = SEED;
    await keep("b.json", { ...rest, found: "a hang", plan: PLAN, realMs: 5 });
    await writeFile(join(folder, "README.md"), "Not an entry.\n");
    const entries = await readCorpus(folder);
    expect(entries.map(({ found, realMs }) => [found, realMs])).toEqual([
      ["a hang", 5],
      ["a lost add", 20],
    ]);
    expect(entries.map(({ plan }) => plan)).toEqual([PLAN, PLAN]);
  });

  test("reads the project's own, and an empty folder", async () => {
    expect(await readCorpus(folder)).toEqual([]);
    const own = resolve(import.meta.dirname, "../../results/reference/seeds");
    expect(Array.isArray(await readCorpus(own))).toBe(true);
  });

  test("refuses a folder that is not there", async () => {
    await expect(readCorpus(join(folder, "gone"))).rejects.toThrow(PlanFileError);
  });

  test.each([
    ["no JSON", "{", /it is not JSON/],
    [
      "another format",
      JSON.stringify({ ...SEED, format: "x" }),
      /format is "x", allowed is ringside-seed/,
    ],
    ["seed and plan", JSON.stringify({ ...SEED, plan: PLAN }), /both a seed and a plan/],
    ["neither", JSON.stringify({ ...SEED, seed: undefined }), /or neither/],
    ["a broken plan", JSON.stringify({ ...SEED, seed: undefined, plan: {} }), /format is missing/],
    ["an unknown field", JSON.stringify({ ...SEED, more: 1 }), /unknown field "more"/],
    ["no time", JSON.stringify({ ...SEED, realMs: -1 }), /realMs is -1/],
  ])("refuses an entry with %s", (_what, text, sentence) => {
    expect(() => parseCorpusEntry(text, "x.json")).toThrow(PlanFileError);
    expect(() => parseCorpusEntry(text, "x.json")).toThrow(sentence);
  });
});

describe("replayCorpus()", () => {
  test("runs the fastest first and tells of each, the one that finds something again too", async () => {
    const crash = { kind: "crash", startMs: 1, endMs: 2, node: "n1", power: false } as const;
    const pause = { kind: "pause", startMs: 1, endMs: 2, node: "n1" } as const;
    const entries = [
      { file: "a", found: "", realMs: 1, plan: { ...PLAN, faults: [] } },
      { file: "b", found: "", realMs: 2, plan: { ...PLAN, faults: [crash, pause] } },
    ];
    const told: string[] = [];
    const results = await replayCorpus(entries, {
      run: async (plan) => ({
        outcome: (await runSimulation(plan)).outcome,
        run: undefined,
        realMs: 1,
      }),
      jobs: 1,
      onResult: ({ entry }) => told.push(entry.file),
    });
    expect(told).toEqual(["a", "b"]);
    expect(results.map(({ outcome }) => outcome.findings.length)).toEqual([0, 1]);
  });
});
