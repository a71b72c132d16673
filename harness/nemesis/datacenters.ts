/** Where the nodes of a plan are: dealt out in turn, so that n1 is in dc1, n2 in dc2, and after the last one dc1 comes again. */

import type { SeededRandom } from "../../src/base/seeded-random.ts";
import type { DatacentersPlan, Plan } from "../run/plan.ts";
import type { Grudge } from "./grudges.ts";
import { bothWays } from "./grudges.ts";

/** A cut of one whole datacenter from all others. */
export interface DatacenterGrudge extends Grudge {
  readonly datacenter: string;
}

export function datacenterNames({ count }: DatacentersPlan): readonly string[] {
  return Array.from({ length: count }, (_, at) => `dc${at + 1}`);
}

/** The datacenter of each node. */
export function datacenterOf(
  nodes: readonly string[],
  plan: DatacentersPlan,
): ReadonlyMap<string, string> {
  const names = datacenterNames(plan);
  return new Map(nodes.map((node, at) => [node, names[at % names.length] ?? ""]));
}

/** The nodes of each datacenter, in the order of their names. */
export function nodesByDatacenter(
  nodes: readonly string[],
  plan: DatacentersPlan,
): ReadonlyMap<string, readonly string[]> {
  const places = datacenterOf(nodes, plan);
  return new Map(
    datacenterNames(plan).map((name) => [name, nodes.filter((node) => places.get(node) === name)]),
  );
}

/** How many of so many nodes each datacenter has. */
export function datacenterSizes(nodeCount: number, { count }: DatacentersPlan): readonly number[] {
  return Array.from({ length: count }, (_, at) => Math.ceil((nodeCount - at) / count));
}

/** True where nodes would start with so many copies in each datacenter. */
export function canKeep(
  replicas: readonly number[],
  { nodes, n }: Pick<Plan, "nodes" | "n">,
  plan: DatacentersPlan,
): boolean {
  const sizes = datacenterSizes(nodes, plan);
  return (
    replicas.length === sizes.length &&
    replicas.every((kept, at) => Number.isInteger(kept) && kept >= 0 && kept <= (sizes[at] ?? 0)) &&
    replicas.reduce((sum, kept) => sum + kept, 0) === n
  );
}

/** Copies by datacenter as a node's configuration names them; undefined where they are even. */
export function replicasPerDatacenter(
  plan: DatacentersPlan,
): Readonly<Record<string, number>> | undefined {
  const { replicas } = plan;
  if (replicas === undefined) return undefined;
  return Object.fromEntries(datacenterNames(plan).map((name, at) => [name, replicas[at] ?? 0]));
}

/** The sides are the datacenter and everybody else. Throws RangeError where there is only one. */
export function datacenterGrudge(
  plan: DatacentersPlan | undefined,
  nodes: readonly string[],
  random: SeededRandom,
): DatacenterGrudge {
  if (plan === undefined || plan.count < 2) {
    throw new RangeError("Cannot cut off a datacenter: there are no two of them");
  }
  const datacenter = random.pick(datacenterNames(plan));
  const inside = nodesByDatacenter(nodes, plan).get(datacenter) ?? [];
  const outside = nodes.filter((node) => !inside.includes(node));
  return { datacenter, ...bothWays([inside, outside]) };
}
