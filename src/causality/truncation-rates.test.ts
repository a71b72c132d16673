import { describe, expect, it } from "vitest";
import type { Actor } from "../base/ids.ts";
import { SeededRandom } from "../base/seeded-random.ts";
import { testActor } from "./testing/causal-world.ts";
import type { Siblings, Truncation } from "./versioning.ts";
import { versioningFor } from "./versioning-for.ts";

// How often a truncated clock fails to descend from what it replaced (K-8): one client reads and writes a key 60 times, each
// time through one of `coordinators` nodes, and each version is compared with the one 1, 5 and 20 writes before it. An
// independent model of the same client, threshold 10, gives the rates. It lets a node that the clock forgot begin at 1 again,
// and so issues dots twice; this store gives it a new name, which may only cost more conflicts, and issues none twice.

const RUNS = 300;
const WRITES = 60;
const LAGS = [1, 5, 20] as const;
/** Of a rate of some ten thousand comparisons that hang together in runs of sixty. */
const TOLERANCE = 0.015;

const rates: {
  rule: Truncation["rule"];
  coordinators: number;
  conflicts: number[];
  reused: number;
}[] = [
  { rule: "reaches", coordinators: 9, conflicts: [0, 0, 0], reused: 0 },
  { rule: "reaches", coordinators: 10, conflicts: [0.071, 0.294, 0.7], reused: 5.1 },
  { rule: "reaches", coordinators: 12, conflicts: [0.191, 0.609, 0.923], reused: 12.2 },
  { rule: "reaches", coordinators: 20, conflicts: [0.452, 0.855, 0.981], reused: 19.3 },
  { rule: "exceeds", coordinators: 9, conflicts: [0, 0, 0], reused: 0 },
  { rule: "exceeds", coordinators: 10, conflicts: [0, 0, 0], reused: 0 },
  { rule: "exceeds", coordinators: 12, conflicts: [0.114, 0.423, 0.825], reused: 6.9 },
  { rule: "exceeds", coordinators: 20, conflicts: [0.393, 0.806, 0.976], reused: 16.6 },
];

describe.each(rates)("a clock that $rule 10 pairs, $coordinators coordinators", (rate) => {
  const measured = measure(rate, "node");

  it("D-4.4-8, K-8 conflicts falsely as often as the model of the paper's actors", () => {
    rate.conflicts.forEach((share, lag) => {
      expect(Math.abs((measured.conflicts[lag] ?? 1) - share)).toBeLessThanOrEqual(TOLERANCE);
    });
    expect(Math.abs(measured.reused - rate.reused)).toBeLessThanOrEqual(1);
    expect(measured.inverted).toBe(0);
  });

  it("issues no dot twice where a forgotten actor never mints again, at hardly more conflicts", () => {
    const safe = measure(rate, "renamed");
    expect(safe.reused).toBe(0);
    expect(safe.inverted).toBe(0);
    rate.conflicts.forEach((_, lag) => {
      const [share, paper] = [safe.conflicts[lag] ?? 1, measured.conflicts[lag] ?? 0];
      expect(share).toBeGreaterThanOrEqual(paper - TOLERANCE);
      expect(share).toBeLessThanOrEqual(paper + 0.1);
    });
  });
});

/** `node`: a node mints under one name for ever, as in the paper. `renamed`: under a new one where its clock forgot it. */
function measure(
  { rule, coordinators }: { rule: Truncation["rule"]; coordinators: number },
  actors: "node" | "renamed",
) {
  const versioning = versioningFor("vector-clock", { truncation: { rule, entriesMax: 10 } });
  const conflicts = LAGS.map(() => 0);
  const compared = LAGS.map(() => 0);
  let reused = 0;
  let inverted = 0;
  for (let run = 0; run < RUNS; run += 1) {
    const random = new SeededRandom(run);
    const names = new Map<number, number>();
    const dots = new Set<string>();
    const versions: Siblings[] = [versioning.empty];
    for (let write = 1; write <= WRITES; write += 1) {
      const context = versions.at(-1)?.clock ?? versioning.empty.clock;
      const node = random.integer(coordinators);
      let actor: Actor = testActor(node, names.get(node) ?? 1);
      if (actors === "renamed" && names.has(node) && !context.has(actor)) {
        actor = testActor(node, (names.get(node) ?? 0) + 1);
      }
      names.set(node, epochOf(actor));
      const mint = { actor, wallMs: write };
      const version = versioning.update(versioning.empty, context, Uint8Array.of(write), mint);
      const dot = `${actor} ${version.clock.get(actor)}`;
      if (dots.has(dot)) reused += 1;
      dots.add(dot);
      versions.push(version);
    }
    versions.shift();
    LAGS.forEach((lag, at) => {
      for (let index = lag; index < versions.length; index += 1) {
        const [older, newer] = [versions[index - lag], versions[index]] as [Siblings, Siblings];
        compared[at] = (compared[at] ?? 0) + 1;
        if (!versioning.descends(newer, older)) conflicts[at] = (conflicts[at] ?? 0) + 1;
        if (versioning.descends(older, newer)) inverted += 1;
      }
    });
  }
  return {
    conflicts: conflicts.map((count, at) => count / (compared[at] ?? 1)),
    reused: reused / RUNS,
    inverted,
  };
}

function epochOf(actor: Actor): number {
  return Number.parseInt(actor.slice(actor.lastIndexOf("/") + 1), 36);
}
