/*
 * From what a run left to its summary. Pure, so that the run itself and a later `npm run analyze` say the same.
 */

import type { HistoryHeader, HistoryLine } from "../history/operation.ts";
import type { FaultFile } from "../nemesis/fault.ts";
import type { Plan } from "../run/plan.ts";
import type { CheckerResult, Summary } from "../run/summary.ts";
import { endsWithAllCrash } from "./all-crash.ts";
import { checkAvailability } from "./availability.ts";
import { gatherCarts } from "./cart-items.ts";
import { checkCausality } from "./causality.ts";
import { checkConvergence } from "./convergence.ts";
import type { Evidence } from "./evidence.ts";
import { gatherEvidence } from "./evidence.ts";
import { checkExpectedAvailability } from "./expected-availability.ts";
import { destroysData } from "./expects.ts";
import { checkHistorySanity } from "./history-sanity.ts";
import { exportHgrm, measureLatency, summarizeLatency } from "./latency.ts";
import { checkLostWrites } from "./lost-writes.ts";
import { checkLwwLoss } from "./lww-loss.ts";
import { checkProvesSomething } from "./proves-something.ts";
import { checkReadContents } from "./read-contents.ts";
import { checkResurrectedItems } from "./resurrected-items.ts";
import { checkSlo, parseSlo, sloLatencies } from "./slo.ts";
import { checkStaleReads } from "./stale-reads.ts";
import { checkTreeRoots } from "./tree-roots.ts";
import { checkUnexpectedItems } from "./unexpected-items.ts";
import { checkUnreadableReads } from "./unreadable-reads.ts";
import { combineVerdicts, distrust } from "./verdict.ts";
import { gatherVersions } from "./version-graph.ts";
import { countVersions } from "./versions.ts";

export interface AnalysisInput {
  readonly plan: Plan;
  readonly header: HistoryHeader;
  readonly lines: readonly HistoryLine[];
  /** As `readHistory` tells it; undefined where the history is whole. */
  readonly truncated?: string | undefined;
  /** Undefined where the run left no `faults.json`. */
  readonly faultFile: FaultFile | undefined;
  /** `end`: only what the end rests on must be shown, not that each phase and fault did something. Default `run`: all of it. */
  readonly guard?: "run" | "end";
  /** True where `faultFile` tells of all that may keep a request from being served. Default: unless `guard` is `end`. */
  readonly judgesAvailability?: boolean;
  readonly toxiproxy: Summary["toxiproxy"];
  /** The most by which two nodes' clocks may have differed; default: what the plan's kinds of faults say. */
  readonly clockSkewMs?: number | undefined;
}

export interface Analysis {
  readonly summary: Summary;
  /** Makes the texts of the `.hgrm` files, by name without ending. Most runs of a swarm keep none of them. */
  readonly hgrm: () => ReadonlyMap<string, string>;
}

/** Throws SloError where the plan's SLO cannot be understood. */
export function analyze(input: AnalysisInput): Analysis {
  const { plan, faultFile } = input;
  const evidence = gatherEvidence(input.header, input.lines, faultFile);
  const carts = gatherCarts(evidence.pairs);
  const sanity = checkHistorySanity(evidence, carts);
  const availability = checkAvailability(evidence);
  const latencies = measureLatency(evidence);
  const latency = summarizeLatency(latencies);
  const keys = gatherVersions(evidence.pairs);
  const lostWrites = checkLostWrites(evidence, carts, { versionsOf: keys });
  const versions = countVersions(evidence);
  const judgesAvailability = input.judgesAvailability ?? input.guard !== "end";
  const slos = plan.slo === undefined ? [] : parseSlo(plan.slo);
  const results: Record<string, CheckerResult> = {
    "lost-writes": lostWrites,
    "unexpected-items": checkUnexpectedItems(evidence, carts),
    "resurrected-items": checkResurrectedItems(evidence, carts, plan.reconcile),
    convergence: checkConvergence(evidence, { replicas: plan.n }),
    "tree-roots": checkTreeRoots(evidence, plan),
    "proves-something": checkProvesSomething(evidence, {
      ...plan,
      needsAllCrash: input.guard !== "end" && endsWithAllCrash(plan),
      truncated: input.truncated,
      guard: input.guard ?? "run",
    }),
    ...(judgesAvailability
      ? { "expected-availability": checkExpectedAvailability(evidence, plan) }
      : {}),
    "unreadable-reads": checkUnreadableReads(evidence, { isNamed: keys.size > 0 }),
    slo: checkSlo(slos, sloLatencies(slos.length === 0 ? [] : evidence.pairs)),
    availability,
    versions,
    latency,
  };
  // Histories of before versions had names say nothing about it.
  if (keys.size > 0) {
    results["causality"] = checkCausality(evidence, keys, plan);
    results["read-contents"] = checkReadContents(evidence, plan);
    const clockSkewMs = input.clockSkewMs ?? clockSkewOf(plan);
    // Of a simulated run's faults the plan does not tell, and its oracle sees such reads itself.
    const quorumsMeet = input.guard !== "end" && readsMeetWrites(plan);
    const staleReads = checkStaleReads(keys, { ...plan, quorumsMeet });
    if (staleReads !== undefined) results["stale-reads"] = staleReads;
    const lwwLoss = checkLwwLoss(evidence, keys, { ...plan, clockSkewMs, quorumsMeet });
    if (lwwLoss !== undefined) results["lww-loss"] = lwwLoss;
  }
  const checkers: Record<string, CheckerResult> = { "history-sanity": sanity };
  for (const [name, result] of Object.entries(results)) {
    checkers[name] = sanity.verdict === "valid" ? result : distrust(result);
  }
  const { count, acknowledged, examples } = lostWrites;
  const summary: Summary = {
    format: "ringside-summary",
    version: 1,
    ...combineVerdicts(sanity.verdict === "valid" ? checkers : { "history-sanity": sanity }),
    expects: plan.expects,
    workload: plan.workload,
    seed: plan.seed,
    cluster: clusterOf(plan),
    toxiproxy: input.toxiproxy,
    operations: countOperations(evidence),
    checkers,
    lostWrites: { count, acknowledged, examples },
    siblings: versions.siblings,
    availability: { overall: availability.overall, perPhase: availability.perPhase },
    latencyMs: latency.operations,
    faults: {
      injected: faultFile?.faults.length ?? 0,
      observed: faultFile?.faults.filter(({ proof }) => proof.bit).length ?? 0,
    },
  };
  return { summary, hgrm: () => exportHgrm(latencies) };
}

/** True where whatever was acknowledged is with one of the nodes that any later read waits for. */
function readsMeetWrites(plan: Plan): boolean {
  const { quorum, r, w, n, nemesis } = plan;
  return quorum === "strict" && r + w > n && !nemesis.some((kind) => destroysData(kind, plan));
}

/** Nodes of one machine share its clock. Undefined: nobody knows how far the clocks are apart. */
function clockSkewOf({ cluster, nemesis }: Plan): number | undefined {
  return cluster === "external" || nemesis.includes("clock") ? undefined : 0;
}

function clusterOf(plan: Plan): Summary["cluster"] {
  const { cluster, nodes, n, r, w, quorum, versioning, reconcile, engine } = plan;
  const placed = plan.datacenters === undefined ? {} : { datacenters: plan.datacenters };
  return { driver: cluster, nodes, n, r, w, quorum, versioning, reconcile, engine, ...placed };
}

/** Operations that never completed are in doubt like those that said so. */
function countOperations({ pairs }: Evidence): Summary["operations"] {
  const counts = { attempted: pairs.length, ok: 0, fail: 0, info: 0 };
  for (const { completion } of pairs) {
    const type = completion?.type;
    counts[type === "ok" || type === "fail" ? type : "info"]++;
  }
  return counts;
}
