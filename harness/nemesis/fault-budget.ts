/**
 * The fault budget: how much data faults may destroy while the store still has to keep every acknowledged write.
 *
 * An acknowledged write is on W replicas, so a store can promise to keep it only while, at every moment, faults have
 * destroyed the data of fewer than W replicas that were not synchronised since. Which kinds of faults destroy data,
 * `destroysData` says. Without anti-entropy a node cannot be known to be synchronised within a run, so a destroyed replica
 * counts until the end.
 */

/** Something that happened to one node's data. */
export interface DataEvent {
  readonly node: string;
  readonly what: "destroyed" | "synchronised";
}

/** The most replicas that were destroyed and not synchronised at one moment; events in the order of time. */
export function worstDestruction(events: readonly DataEvent[]): number {
  const destroyed = new Set<string>();
  let worst = 0;
  for (const event of events) {
    if (event.what === "destroyed") destroyed.add(event.node);
    else destroyed.delete(event.node);
    worst = Math.max(worst, destroyed.size);
  }
  return worst;
}

export function withinBudget(events: readonly DataEvent[], w: number): boolean {
  return worstDestruction(events) < w;
}

/** The nodes whose data may be destroyed next, given what happened so far. */
export function destructionCandidates(
  nodes: readonly string[],
  events: readonly DataEvent[],
  w: number,
): readonly string[] {
  return nodes.filter((node) => withinBudget([...events, { node, what: "destroyed" }], w));
}
