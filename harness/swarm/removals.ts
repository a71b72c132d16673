/*
 * What a plan may ask of a cluster that nodes are taken out of. A static list of members knows no transfer: the ring of the rest is
 * dealt anew, and of a range's new owners some may have had nothing of it. What goes to them are hints, those of the node that left
 * too (D-4.6-8). So a write may fall behind by one copy for the node and by one for each node that the new ring has beyond N,
 * since any of those may be one that has it. That joins and leaves move data is another issue's cure.
 */

import type { SimFault } from "../drivers/sim/world-plan.ts";
import type { Plan } from "../run/plan.ts";
import type { SimPlan } from "./sim-plan.ts";

export type Removal = Extract<SimFault, { readonly kind: "remove" }>;

export function removalsOf(faults: readonly SimFault[]): readonly Removal[] {
  return faults.filter((fault) => fault.kind === "remove");
}

/** How many holders of a write the rings of the run may leave out, those aside that lost their data. */
export function holdersLeftOut(
  { nodes, n }: Pick<Plan, "nodes" | "n">,
  faults: readonly SimFault[],
): number {
  return removalsOf(faults).reduce((sum, _, at) => sum + Math.max(0, nodes - (at + 1) - n), 0);
}

/** What a removal is to all nodes but the one that it removes. */
export function restartsWith(fault: SimFault, nodes: readonly string[]): readonly SimFault[] {
  if (fault.kind !== "remove") return [];
  const { node: gone, endMs } = fault;
  const others = nodes.filter((node) => node !== gone);
  return others.map((node) => ({ kind: "restart", startMs: endMs, endMs: endMs + 1, node }));
}

/** What is wrong with the removals of a plan, in one line; undefined for nothing. Faults are in the order of their start. */
export function removalProblem({
  run,
  faults,
  core,
  snapshot,
}: Pick<SimPlan, "run" | "faults" | "core" | "snapshot">): string | undefined {
  const removals = removalsOf(faults);
  const [first] = removals;
  if (first === undefined) return undefined;
  const placeOf = (fault: SimFault) => `faults[${faults.indexOf(fault)}]`;
  const spare = run.nodes - run.n;
  const tooMany = removals[spare];
  if (tooMany !== undefined) {
    return `${placeOf(tooMany)} leaves fewer than ${run.n} nodes, allowed is to remove ${spare}`;
  }
  const beside = `${placeOf(first)} removes a node, allowed beside that`;
  if (snapshot !== undefined) return `${beside} is no snapshot`;
  if (run.datacenters !== undefined) return `${beside} are no datacenters`;
  const unserved = removals.find(({ node }) => core.includes(node));
  if (unserved !== undefined) return `core has ${unserved.node}, allowed are nodes that stay`;
  for (const removal of removals) {
    const later = faults.slice(faults.indexOf(removal) + 1);
    const late = later.find((fault) => "node" in fault && fault.node === removal.node);
    if (late === undefined) continue;
    return `${placeOf(late)} is about a node that ${placeOf(removal)} removes, allowed is an earlier one`;
  }
  return undefined;
}
