import { sha256Hex } from "../../src/base/hash.ts";
import { shoppingCart } from "../../workloads/shopping-cart.ts";
import { analyze } from "../checker/analyze.ts";
import type { Oracle } from "../drivers/sim/oracle/oracle.ts";
import type { SimFaultKind } from "../drivers/sim/world-plan.ts";
import { clientGroup } from "../nemesis/fault.ts";
import type { Trace } from "../report/lamport/trace.ts";
import type { Plan } from "../run/plan.ts";
import type { FindingsParts } from "./findings.ts";
import { findingsOf } from "./findings.ts";
import type { SimulatedRun } from "./run-contract.ts";
import type { Finding, SimOutcome } from "./sim-outcome.ts";
import type { SimulatedWorld } from "./simulated-world.ts";
import { simulationInput } from "./simulation-input.ts";

/** Judges a world whose life is over, however it ended, and gathers everything that it leaves. */
export function concludeRun(world: SimulatedWorld): SimulatedRun {
  const { plan, cluster, header, history, assertions, storm, oracle } = world;
  const { lines } = world.recorder;
  const { summary } = analyze(simulationInput(plan, header, lines));
  const findings = findingsOf({
    plan,
    summary,
    oracle: oracle === undefined ? undefined : judgementOf(oracle, plan.run),
    others: [...world.findings, ...assertions.findings, ...logFindings(world)],
  });
  const outcome: SimOutcome = {
    plan,
    verdict: summary.verdict,
    reasons: summary.reasons,
    findings,
    historySha256: sha256Hex(history),
    operations: summary.operations,
    lost: summary.lostWrites.count,
    forgottenRepeats: oracle?.forgotten.answers ?? 0,
    requests: cluster.requestCount,
    virtualMs: world.nowMs(),
    events: cluster.scheduler.eventCount,
    faults: storm.counts,
    reached: assertions.reached,
  };
  const logs = [...cluster.everyNode].map(([name, { log }]): [string, string] => [
    name,
    log.text(),
  ]);
  return {
    outcome,
    history,
    header,
    lines,
    logs: new Map(logs),
    trace: traceWith(world, findings),
    stateDump: world.dump(),
  };
}

/** The history tells of the carts alone. */
function judgementOf(
  { violations, losses, forgotten }: Oracle,
  run: Plan,
): FindingsParts["oracle"] {
  const carts = shoppingCart.keys(run);
  const lossSeen = carts.some((cart) => losses.keys.has(cart));
  return { violations, lossSeen, keysForgotten: forgotten.keys };
}

/** A node logs an error only for what it did not expect; a disk that fails on purpose is expected. */
function logFindings({ plan, cluster }: SimulatedWorld): readonly Finding[] {
  if (plan.faults.some(({ kind }) => FAILING_DISKS.has(kind))) return [];
  return [...cluster.everyNode.values()].flatMap(({ name, log }) =>
    [...log.errors].map(([sentence, error]) => ({
      check: "log",
      anomaly: sentence,
      detail: `Node ${name} logged an error: ${sentence}: ${error}`,
    })),
  );
}

const FAILING_DISKS: ReadonlySet<SimFaultKind> = new Set([
  "full-disk",
  "failed-disk",
  "corrupt",
  "restore",
]);

function traceWith(
  { cluster, trace }: SimulatedWorld,
  findings: readonly Finding[],
): Trace | undefined {
  const { nodes } = cluster;
  for (const { anomaly, detail, timeMs } of findings) {
    const lane = nodes.find((node) => detail.includes(node)) ?? nodes[0] ?? "";
    const label = `${anomaly}: ${detail}`;
    trace?.mark({ lane, kind: "violation", label, ...(timeMs === undefined ? {} : { timeMs }) });
  }
  return trace?.trace(nodes.flatMap((node) => [clientGroup(node), node]));
}
