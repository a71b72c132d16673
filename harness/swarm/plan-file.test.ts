/*
 * Aim: a plan file comes back as it was, and a foreign one is refused in one line that names the field. Method: drawn plans
 * there and back; a table of planted errors; and a fuzzer that breaks one value or one byte of real plans.
 */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SeededRandom } from "../../src/base/seeded-random.ts";
import { PlanFileError } from "../run/plan-fields.ts";
import { drawPlan } from "./draw-plan.ts";
import { FAULT_KINDS } from "./fault-kinds.ts";
import { withFaults } from "./plan-expectation.ts";
import { parsePlanText, parseSimPlan, readPlanFile, writePlanFile } from "./plan-file.ts";
import type { SimPlan } from "./sim-plan.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "plan-file-test-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const CRASH = { kind: "crash", startMs: 5, endMs: 9, node: "n1", power: false } as const;
const BASE = planWithNodes(3);

function planWithNodes(nodes: number): SimPlan {
  for (let seed = 1; ; seed += 1) {
    const plan = drawPlan(seed);
    const { run } = plan;
    if (run.nodes === nodes && run.engine === "lmdb" && run.expects.verdict === "valid") {
      return withFaults({ ...plan, world: { ...plan.world, sync: true, clocks: {} }, core: [] }, [
        CRASH,
      ]);
    }
  }
}

/** A deep copy with one value replaced; `undefined` removes it. */
function changed(plan: SimPlan, path: readonly (string | number)[], value: unknown): unknown {
  const copy = JSON.parse(JSON.stringify(plan));
  const parent = path.slice(0, -1).reduce((at, name) => at[name], copy);
  parent[path.at(-1) ?? ""] = value;
  return copy;
}

describe("plan files", () => {
  test("come back as they were written", async () => {
    for (let seed = 1; seed <= 200; seed += 1) {
      const plan = drawPlan(seed);
      expect(parsePlanText(JSON.stringify(plan), "it")).toStrictEqual(plan);
    }
    const wild = Array.from({ length: 100 }, (_, seed) => drawPlan(seed, { kinds: FAULT_KINDS }));
    for (const plan of wild) expect(parsePlanText(JSON.stringify(plan), "it")).toStrictEqual(plan);
    const kinds = wild.flatMap(({ faults }) => faults.map(({ kind }) => kind));
    expect(new Set(kinds)).toEqual(new Set(FAULT_KINDS));
    const path = join(folder, "a.plan.json");
    await writePlanFile(path, BASE);
    expect(await readPlanFile(path)).toStrictEqual(BASE);
  });

  test.each([
    [
      "format",
      ["format"],
      "ringside-plan",
      /format is "ringside-plan", allowed is ringside-sim-plan/,
    ],
    ["another version", ["version"], 2, /version is 2, allowed is 1/],
    ["no seed", ["seed"], undefined, /seed is missing/],
    [
      "another seed inside",
      ["run", "seed"],
      999_999,
      /run\.seed is 999999, allowed is the plan's own/,
    ],
    [
      "a part of a node",
      ["run", "nodes"],
      2.5,
      /run\.nodes is 2\.5, allowed is a whole number from 1 to 32/,
    ],
    ["R beyond N", ["run", "r"], 9, /run\.r is 9, allowed is a whole number from 1 to/],
    ["a real cluster", ["run", "cluster"], "processes", /run\.cluster .* allowed is sim/],
    ["a nemesis", ["run", "nemesis"], ["halves"], /run\.nemesis/],
    ["an SLO", ["run", "slo"], "p99<1ms", /run\.slo/],
    [
      "an excuse",
      ["run", "expects", "verdict"],
      "may-lose",
      /expects\.verdict .* what its faults make it, valid/,
    ],
    ["a declared budget", ["run", "beyondBudget"], true, /beyondBudget is true/],
    ["no operations", ["operations"], 0, /operations is 0/],
    [
      "a mean below the least",
      ["world", "network"],
      { minMs: 5, meanMs: 4 },
      /world\.network\.meanMs is 4/,
    ],
    ["a share above one", ["world", "choppedShare"], 1.5, /world\.choppedShare/],
    [
      "the clock of a stranger",
      ["world", "clocks"],
      { n9: { skewMs: 0, driftPpm: 0 } },
      /world\.clocks\.n9/,
    ],
    [
      "an unknown setting",
      ["world", "settings"],
      { quickly: 1 },
      /unknown field "world\.settings\.quickly"/,
    ],
    ["an unknown field", ["extra"], 1, /unknown field "extra"/],
    ["faults that are no list", ["faults"], {}, /faults is \{\}, allowed is a list/],
    ["a fault that is no object", ["faults", 0], 7, /faults\[0\] is 7, allowed is an object/],
    [
      "an unknown kind",
      ["faults", 0, "kind"],
      "flood",
      /faults\[0\]\.kind is "flood", allowed is cut, slow/,
    ],
    [
      "an unknown node",
      ["faults", 0, "node"],
      "n4",
      /faults\[0\]\.node is "n4", allowed is n1, n2, n3/,
    ],
    ["an end before the start", ["faults", 0, "endMs"], 5, /faults\[0\]\.endMs is 5/],
    ["an unknown core", ["core"], ["n7"], /core\[0\] is "n7"/],
    ["a doubled core", ["core"], ["n1", "n1"], /core is \["n1","n1"\], allowed is each node once/],
  ])("with %s are refused", (_what, path, value, sentence) => {
    expect(() => parseSimPlan(changed(BASE, path, value), "x.json")).toThrow(PlanFileError);
    expect(() => parseSimPlan(changed(BASE, path, value), "x.json")).toThrow(sentence);
  });

  test.each([
    ["an unknown node", [{ from: "n1", to: "n9" }], /links\[0\]\.to is "n9"/],
    ["a node and itself", [{ from: "n1", to: "n1" }], /links\[0\]\.to is "n1"/],
    [
      "two groups of clients",
      [{ from: "client-n1", to: "client-n2" }],
      /links\[0\]\.to is "client-n2"/,
    ],
    ["nothing at all", [], /links is \[\], allowed is a list of at least one link/],
  ])("with links between %s are refused", (_what, links, sentence) => {
    const fault = { kind: "clog", startMs: 1, endMs: 2, links };
    expect(() => parseSimPlan(changed(BASE, ["faults"], [fault]), "x.json")).toThrow(sentence);
  });

  test("with faults out of order, or that kill a dead node, are refused", () => {
    const late = { ...CRASH, node: "n2", startMs: 1, endMs: 2 };
    expect(() => parseSimPlan(changed(BASE, ["faults"], [CRASH, late]), "x")).toThrow(
      /order of their start/,
    );
    const again = { ...CRASH, startMs: 7, endMs: 20 };
    expect(() => parseSimPlan(changed(BASE, ["faults"], [CRASH, again]), "x")).toThrow(
      /faults\[1\] kills a node that is down by faults\[0\]/,
    );
  });

  test("that are not there, or no JSON, are refused with their name", async () => {
    await expect(readPlanFile(join(folder, "gone.json"))).rejects.toThrow(
      /^Cannot read the plan .*gone\.json: /,
    );
    const path = join(folder, "torn.json");
    await writeFile(path, JSON.stringify(BASE).slice(0, 100));
    await expect(readPlanFile(path)).rejects.toThrow(/torn\.json: it is not JSON/);
  });

  test("never break the reader, whatever is in them", () => {
    const random = new SeededRandom("plan-file fuzz");
    const wrong = [
      null,
      -1,
      1e300,
      "",
      "n99",
      [],
      {},
      [[]],
      true,
      Number.MAX_SAFE_INTEGER + 1,
      "\n\u0000",
    ];
    let refused = 0;
    for (let round = 0; round < 3_000; round += 1) {
      const plan = drawPlan(random.integer(50));
      const text = random.integer(2) === 0 ? brokenValue(plan) : brokenText(plan);
      try {
        parsePlanText(text, "x.json");
      } catch (error) {
        if (!(error instanceof PlanFileError)) throw error;
        expect(error.message).toMatch(/^Cannot read the plan x\.json: [^\n]+$/);
        refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(2_000);

    function brokenValue(plan: SimPlan): string {
      const copy = JSON.parse(JSON.stringify(plan));
      let parent = copy;
      for (;;) {
        const name = random.pick(Object.keys(parent));
        const isLeaf = typeof parent[name] !== "object" || Object.keys(parent[name]).length === 0;
        if (isLeaf || random.integer(4) === 0) {
          parent[name] = random.pick(wrong);
          return JSON.stringify(copy);
        }
        parent = parent[name];
      }
    }

    function brokenText(plan: SimPlan): string {
      const text = JSON.stringify(plan);
      const at = random.integer(text.length);
      return random.integer(2) === 0
        ? text.slice(0, at)
        : `${text.slice(0, at)}${String.fromCharCode(random.integer(128))}${text.slice(at + 1)}`;
    }
  });
});
