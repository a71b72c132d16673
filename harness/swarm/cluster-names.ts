import type { Link } from "../nemesis/fault.ts";
import { clientGroup } from "../nemesis/fault.ts";

/** `n1`, `n2`, ...: the names of a cluster's nodes, the same as the other drivers give. */
export function nodeNames(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `n${index + 1}`);
}

/** Those, and the ones of machines that are spare at first. */
export function machineNames(nodes: number, spares = 0): readonly string[] {
  return nodeNames(nodes + spares);
}

/** Every directed link between two nodes. */
export function nodeLinks(nodes: readonly string[]): readonly Link[] {
  return nodes.flatMap((from) => nodes.filter((to) => to !== from).map((to) => ({ from, to })));
}

/** Every link between a group of clients and a node, to the node and back. */
export function clientLinks(nodes: readonly string[]): readonly Link[] {
  return nodes.flatMap((home) =>
    nodes.flatMap((node) => [
      { from: clientGroup(home), to: node },
      { from: node, to: clientGroup(home) },
    ]),
  );
}
