/*
 * What must hold of a cluster that has settled; most of it is looked at before the final reads, which would repair it.
 */

import type { ReachablePoint } from "../../src/env/catalogue.ts";
import type { SimFaultKind } from "../drivers/sim/world-plan.ts";
import type { HistoryLine } from "../history/operation.ts";
import { checkAtRest } from "./at-rest.ts";
import { checkDrift, checkEqualTrees, checkTrees } from "./check-trees.ts";
import type { Finding } from "./sim-outcome.ts";
import type { SimulatedWorld } from "./simulated-world.ts";

/** Faults with which a node cannot keep a hint that it owes, or a copy that it acknowledged. */
const FORGETFUL: ReadonlySet<SimFaultKind> = new Set([
  "full-disk",
  "failed-disk",
  "corrupt",
  "restore",
  "wipe",
]);
/** By then some primary may be owed a copy that nobody keeps for it; where this was never reached, none is. */
const UNKEPT: ReachablePoint = "a coordinator had no room for a hint that it owed";

/** Before the final reads, which repair what hints should have brought, and what no hint was kept of for want of room. */
export async function checkDelivery(world: SimulatedWorld): Promise<void> {
  const { assertions, cluster, oracle, plan, recorder } = world;
  const isOwed = UNKEPT in assertions.reached;
  const mayForget = isOwed || plan.faults.some(({ kind }) => FORGETFUL.has(kind));
  if (mayForget || !wasQuiet(recorder.lines)) return;
  const left = await checkAtRest(cluster);
  if (left.length === 0) oracle?.hintsDelivered();
}

/** Before the final reads, which repair what anti-entropy should have brought. */
export function checkReplicas(world: SimulatedWorld): void {
  const { findings, plan, recorder } = world;
  findings.push(...truthOfTrees(world));
  if (wasQuiet(recorder.lines)) findings.push(...checkEqualTrees(recorder.lines, plan.run));
}

/** A row that its disk has garbled keeps its leaf until somebody reads it, or a pass finds it out. */
export function truthOfTrees({ assertions, cluster, plan }: SimulatedWorld): readonly Finding[] {
  if (plan.faults.some(({ kind }) => kind === "corrupt")) return [];
  return [...checkTrees(cluster), ...checkDrift(assertions.reached)];
}

/** What the settling at the end came to. */
export function wasQuiet(lines: readonly HistoryLine[]): boolean {
  const last = lines.findLast(
    (line) => line.type === "marker" && (line.name === "quiesced" || line.name === "unsettled"),
  );
  return last?.type === "marker" && last.name === "quiesced";
}
