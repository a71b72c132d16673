import type { NodeId } from "../base/ids.ts";

/**
 * Who coordinates a write among the key's first N healthy nodes (P-2).
 *
 * - `any-owner`: the node that was asked, where it is one of them, else one of them drawn at random.
 * - `first-owner`: the first of them, whoever was asked (paper 4.5): all writes of a key meet at one place, and a popular key
 *   loads one node.
 * - `fastest-reader`: the one that answered the read first from which the write's context comes (paper 5): it is not the slow
 *   one, and mostly holds what was read, although "not found" and a stale version are replies as well. A write without such a context goes as under `any-owner`.
 */
export const WRITE_COORDINATORS = ["any-owner", "first-owner", "fastest-reader"] as const;

export type WriteCoordinator = (typeof WRITE_COORDINATORS)[number];

export interface WriteCandidatesOptions {
  readonly policy: WriteCoordinator;
  readonly self: NodeId;
  /** Who may coordinate at all, in ring order: the preference list, or of a strict quorum its first N. */
  readonly list: readonly NodeId[];
  readonly n: number;
  readonly isUp: (node: NodeId) => boolean;
  /** Named by the write's context; undefined where it names none. */
  readonly fastestReader: NodeId | undefined;
  /** A whole number from 0 on, below the count. */
  readonly drawBelow: (count: number) => number;
}

/**
 * The nodes to try in turn, `self` among them where it may coordinate; what is believed of a node is asked when its turn comes near.
 * This is the whole of a write's way: whoever gets it from another node coordinates it or refuses it, so that no way has a
 * second hop, whatever the rings of the two say (D-4.5-2).
 */
export function* writeCandidates(options: WriteCandidatesOptions): Generator<NodeId> {
  const { policy, self, n, fastestReader } = options;
  const first = healthy(options, n);
  const mayCoordinate = first.includes(self);
  if (policy === "first-owner") {
    // One more in this node's stead, for the case that it has no room.
    yield* healthy(options, mayCoordinate ? n + 1 : n);
    return;
  }
  const preferred =
    policy === "fastest-reader" && fastestReader !== undefined && first.includes(fastestReader)
      ? fastestReader
      : undefined;
  if (preferred !== undefined) yield preferred;
  if (mayCoordinate && preferred !== self) yield self;
  for (const node of rotated(others(options), options.drawBelow)) {
    if (node !== preferred) yield node;
  }
}

/** The first of them, so many at most. */
function healthy(
  { list, self, isUp }: WriteCandidatesOptions,
  countMax: number,
): readonly NodeId[] {
  const nodes: NodeId[] = [];
  for (const node of list) {
    if (nodes.length === countMax) break;
    if (node === self || isUp(node)) nodes.push(node);
  }
  return nodes;
}

function others(options: WriteCandidatesOptions): readonly NodeId[] {
  const { self, n } = options;
  return healthy(options, n + 1)
    .filter((node) => node !== self)
    .slice(0, n);
}

function rotated(
  nodes: readonly NodeId[],
  drawBelow: (count: number) => number,
): readonly NodeId[] {
  if (nodes.length < 2) return nodes;
  const start = drawBelow(nodes.length);
  return [...nodes.slice(start), ...nodes.slice(0, start)];
}
