import type { FaultFile } from "../../nemesis/fault.ts";
import type { Plan } from "../../run/plan.ts";
import type { LatencySummary, PhaseAvailability, Summary } from "../../run/summary.ts";
import type { Call } from "../html/calls.ts";
import { pairCalls } from "../html/calls.ts";
import { phaseAt, phasesOf } from "../html/phases.ts";
import { quantile, sortedSamples } from "../quantile.ts";
import type { SyntheticHistory, SyntheticOptions } from "./synthetic-shapes.ts";

/** Plan and summary of a made-up history, with figures that are true of it. */
export function summariseSynthetic(
  options: SyntheticOptions,
  history: SyntheticHistory,
  faults: FaultFile,
): { plan: Plan; summary: Summary } {
  const plan = syntheticPlan(options);
  const calls = pairCalls(history.lines);
  const outcomes = { ok: 0, fail: 0, info: 0 };
  for (const { outcome } of calls) outcomes[outcome] += 1;
  const reasons = reasonsOf(options, history);
  const { nodes, n, r, w, quorum, versioning, reconcile, engine } = plan;
  const summary: Summary = {
    format: "ringside-summary",
    version: 1,
    verdict: options.verdict,
    expects: plan.expects,
    reasons,
    workload: plan.workload,
    seed: plan.seed,
    cluster: { driver: plan.cluster, nodes, n, r, w, quorum, versioning, reconcile, engine },
    toxiproxy: { kind: "embedded", version: "2.12.0" },
    operations: { attempted: calls.length, ...outcomes },
    checkers: {
      "lost-writes": {
        verdict: history.lost.length > 0 ? "invalid" : "valid",
        reasons: history.lost.length > 0 ? reasons : [],
        acknowledged: history.acknowledged,
        lost: history.lost.length,
      },
      availability: { verdict: "valid", reasons: [] },
      proof: {
        verdict: options.verdict === "unknown" ? "unknown" : "valid",
        reasons: options.verdict === "unknown" ? reasons : [],
      },
    },
    lostWrites: {
      count: history.lost.length,
      acknowledged: history.acknowledged,
      examples: history.lost.slice(0, 10),
    },
    siblings: siblingsOf(calls),
    availability: { overall: outcomes.ok / calls.length, perPhase: perPhase(calls, faults) },
    latencyMs: Object.fromEntries(["add", "view", "remove"].map((f) => [f, latencyOf(calls, f)])),
    faults: {
      injected: faults.faults.length,
      observed: faults.faults.filter(({ proof }) => proof.bit).length,
    },
  };
  return { plan, summary };
}

function syntheticPlan({ seed, seconds, rate, verdict }: SyntheticOptions): Plan {
  return {
    format: "ringside-plan",
    version: 1,
    workload: "shopping-cart",
    cluster: "processes",
    nodes: 5,
    n: 3,
    r: 2,
    w: 2,
    partitions: 1024,
    quorum: "sloppy",
    versioning: verdict === "invalid" ? "lww" : "dvvset",
    reconcile: "union",
    engine: "lmdb",
    nemesis: ["halves", "one", "bridge", "one-way"],
    rate,
    clients: 20,
    carts: 40,
    clientsRoam: false,
    seconds,
    seed,
    toxiproxyUrl: undefined,
    slo: "p99.9<300ms",
    beyondBudget: false,
    expects:
      verdict === "invalid"
        ? { verdict: "may-lose", reason: "last write wins drops one of two concurrent writes" }
        : {
            verdict: "valid",
            reason: "dvvset keeps every concurrent version and union merges them",
          },
  };
}

function reasonsOf(
  { verdict }: SyntheticOptions,
  { lost, acknowledged }: SyntheticHistory,
): string[] {
  switch (verdict) {
    case "valid":
      return [];
    case "invalid":
      return [
        `${lost.length} of ${acknowledged} acknowledged adds are absent from the final reads and nobody removed them.`,
      ];
    case "unknown":
      return ["Fault 3-bridge-blackhole did not bite: all probes over the cut links answered."];
  }
}

function siblingsOf(calls: readonly Call[]): Summary["siblings"] {
  const counts = { 1: 0, 2: 0, 3: 0, "4+": 0 };
  for (const { completion } of calls) {
    const versions = completion?.versions;
    if (versions === undefined) continue;
    counts[versions === 1 || versions === 2 || versions === 3 ? versions : "4+"] += 1;
  }
  return counts;
}

function perPhase(calls: readonly Call[], { faults }: FaultFile): PhaseAvailability[] {
  const phases = phasesOf(faults, Infinity);
  const cells = new Map<
    string,
    { phase: string; side: string; f: string; attempted: number; ok: number }
  >();
  for (const { invocation, outcome } of calls) {
    const phase = phaseAt(phases, invocation.timeNs);
    if (phase === undefined) continue;
    const sides = faults.find(({ name }) => name === phase)?.sides ?? [];
    const side = sides.find((names) => names.includes(invocation.node))?.join("+") ?? "all";
    const name = [phase, side, invocation.f].join("|");
    const cell = cells.get(name) ?? { phase, side, f: invocation.f, attempted: 0, ok: 0 };
    cell.attempted += 1;
    if (outcome === "ok") cell.ok += 1;
    cells.set(name, cell);
  }
  const order = new Map(phases.map(({ name }, at) => [name, at]));
  order.set("healthy", -1);
  return [...cells.values()].sort(
    (a, b) => (order.get(a.phase) ?? 0) - (order.get(b.phase) ?? 0) || (a.side < b.side ? -1 : 1),
  );
}

function latencyOf(calls: readonly Call[], f: string): LatencySummary {
  const samples = calls
    .filter(({ invocation, outcome }) => invocation.f === f && outcome === "ok")
    .map(({ latencyMs }) => latencyMs);
  const sorted = sortedSamples(samples);
  return {
    count: sorted.length,
    mean: samples.reduce((sum, value) => sum + value, 0) / samples.length,
    p50: quantile(sorted, 0.5),
    p90: quantile(sorted, 0.9),
    p99: quantile(sorted, 0.99),
    p999: quantile(sorted, 0.999),
    max: quantile(sorted, 1),
    fewSamples: sorted.length < 10_000,
  };
}
