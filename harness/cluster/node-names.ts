import type { Link } from "../nemesis/fault.ts";
import { clientGroup } from "../nemesis/fault.ts";

/** `n1`, `n2`, ...: the names of a cluster's nodes, the same in every driver. */
export function nodeNames(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `n${index + 1}`);
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
