/* What a plan may ask of a cluster whose nodes join and leave while it serves. */

import { nodeNames } from "../cluster/node-names.ts";
import type { SimFault, WorldPlan } from "../drivers/sim/world-plan.ts";
import type { Plan } from "../run/plan.ts";
import type { MemberFault } from "./member-orders.ts";
import { removalsOf } from "./removals.ts";
import type { SimPlan } from "./sim-plan.ts";

type ChurnPlan = Pick<SimPlan, "run" | "world" | "faults" | "core">;

/** Joins and leaves, in the order in which they are carried out. */
export function churnOf(faults: readonly SimFault[]): readonly MemberFault[] {
  return faults.filter((fault) => fault.kind === "join" || fault.kind === "leave");
}

/** The members once all of a plan's joins and leaves are complete. */
export function membersAtEnd({
  run,
  faults,
}: {
  readonly run: Pick<Plan, "nodes">;
  readonly faults: readonly SimFault[];
}): readonly string[] {
  const members = new Set(nodeNames(run.nodes));
  for (const { kind, node } of churnOf(faults)) {
    if (kind === "join") members.add(node);
    else members.delete(node);
  }
  return [...members];
}

/** What is wrong with the joins and leaves of a plan, in one line; undefined for nothing. Faults are in the order of their start. */
export function churnProblem(plan: ChurnPlan): string | undefined {
  const { run, world, faults, core } = plan;
  const changes = churnOf(faults);
  const placeOf = (fault: SimFault) => `faults[${faults.indexOf(fault)}]`;
  const [first] = changes;
  if (first === undefined) return undefined;
  const beside = `${placeOf(first)} changes the members, allowed beside that`;
  if (run.datacenters !== undefined) return `${beside} are no datacenters`;
  if (removalsOf(faults).length > 0) return `${beside} is no removal from a static list`;
  if ((world.settings.gossipMs ?? 0) === 0) return `${beside} is gossipMs of 1 or more`;
  if (world.settings.antiEntropyMs === 0) return `${beside} is antiEntropyMs of 1 or more`;
  const members = new Set(nodeNames(run.nodes));
  const gone = new Set<string>();
  for (const change of changes) {
    const { kind, node } = change;
    if (kind === "join") {
      if (members.has(node)) return `${placeOf(change)} lets a member join, allowed is another`;
      if (gone.has(node))
        return `${placeOf(change)} lets a node join that has left, allowed is another`;
      members.add(node);
      continue;
    }
    if (!members.delete(node)) return `${placeOf(change)} lets ${node} leave, allowed is a member`;
    gone.add(node);
    if (members.size < run.n) return `${placeOf(change)} leaves fewer than ${run.n} members`;
  }
  const unserved = core.find((node) => !members.has(node));
  return unserved && `core has ${unserved}, allowed are members at the end`;
}

/** Every machine of a plan, spare ones too. */
export function machinesOf({
  run,
  world,
}: {
  readonly run: Pick<Plan, "nodes">;
  readonly world: Pick<WorldPlan, "spares">;
}): readonly string[] {
  return nodeNames(run.nodes + (world.spares ?? 0));
}
