import type { NodeId } from "../base/ids.ts";
import { commonTree } from "../merkle/common-tree.ts";
import type { NodeAnswer } from "../merkle/comparison.ts";
import { answerAt } from "../merkle/comparison.ts";
import type { HashTree } from "../merkle/hash-tree.ts";
import type { Subtree } from "../merkle/subtree.ts";
import { DynamoError } from "../protocol/errors.ts";
import { nodeSizeBytes } from "../protocol/tree-codec.ts";
import type { Ring } from "../ring/ring.ts";

/** A node's trees, as exchanges use them. Implemented by `replica/tree-keeper.ts`. */
export interface OwnTrees {
  readonly isBuilt: boolean;
  readonly partitionsBuilt: number;
  treeOf(partition: number): HashTree | undefined;
}

export interface SharedTreesParts {
  readonly nodeId: NodeId;
  readonly trees: OwnTrees;
  readonly ring: () => Ring;
  /** N. */
  readonly n: number;
}

/** Which partitions a node replicates, alone and together with each peer, and their trees as one. */
export class SharedTrees {
  readonly #parts: SharedTreesParts;
  /** Those of the ring that was in force when it was last asked. */
  #known: Known | undefined;

  constructor(parts: SharedTreesParts) {
    this.#parts = parts;
  }

  get isBuilt(): boolean {
    return this.#parts.trees.isBuilt;
  }

  get partitionsBuilt(): number {
    return this.#parts.trees.partitionsBuilt;
  }

  /** Nodes with which this one has partitions in common. */
  peers(): readonly NodeId[] {
    const { nodeId } = this.#parts;
    return [...this.#byPeer().keys()].filter((peer) => peer !== nodeId);
  }

  /** The trees of the partitions in common, as of now. */
  with(peer: NodeId): Subtree {
    const partitions = this.#byPeer().get(peer) ?? [];
    return commonTree(partitions.map((partition) => this.#parts.trees.treeOf(partition)));
  }

  /** The tree of one partition, as of now, whoever replicates it. */
  of(partition: number): Subtree {
    return commonTree([this.#parts.trees.treeOf(partition)]);
  }

  /** Partitions of which this node has keys and which it does not replicate, in ascending order: those of lost ranges. */
  lost(): readonly number[] {
    const { own } = this.#knownNow();
    const { partitionCount } = this.#parts.ring();
    const isKept = (partition: number) => (this.#parts.trees.treeOf(partition)?.count ?? 0) > 0;
    return Array.from({ length: partitionCount }, (_, partition) => partition).filter(
      (partition) => !own.has(partition) && isKept(partition),
    );
  }

  /** False for a partition of which this node is an owner, or is to be one. */
  isLost(partition: number): boolean {
    return !this.#knownNow().own.has(partition);
  }

  /**
   * What a peer is told of the trees in common, or of that of the partition: the nodes at the first of the paths, as many as fit; undefined while a
   * tree is not built. Throws DynamoError bad-request for a partition that the ring does not have.
   */
  answer(
    peer: NodeId,
    paths: readonly Uint8Array[],
    partition?: number,
  ): readonly NodeAnswer[] | undefined {
    const { partitionCount } = this.#parts.ring();
    if (partition !== undefined && partition >= partitionCount) {
      const message = `Cannot answer for partition ${partition}: allowed are 0 to ${partitionCount - 1}`;
      throw new DynamoError("bad-request", message);
    }
    if (!this.isBuilt) return undefined;
    const top = partition === undefined ? this.with(peer) : this.of(partition);
    const nodes: NodeAnswer[] = [];
    let sizeBytes = 0;
    for (const path of paths) {
      if (sizeBytes > ANSWER_BYTES_MAX) break;
      const node = answerAt(top, path);
      nodes.push(node);
      sizeBytes += nodeSizeBytes(node);
    }
    return nodes;
  }

  /** By partition with keys: the root of its tree, in hexadecimal; only partitions that this node replicates. */
  roots(): Readonly<Record<string, string>> {
    const roots: Record<string, string> = {};
    for (const partition of this.#byPeer().get(this.#parts.nodeId) ?? []) {
      const tree = this.#parts.trees.treeOf(partition);
      if (tree !== undefined && tree.count > 0) {
        roots[partition] = Buffer.from(tree.hash(), "latin1").toString("hex");
      }
    }
    return roots;
  }

  #byPeer(): Known["byPeer"] {
    return this.#knownNow().byPeer;
  }

  #knownNow(): Known {
    const ring = this.#parts.ring();
    if (this.#known?.ring !== ring) {
      const byPeer = partitionsByPeer(ring, this.#parts);
      this.#known = { ring, byPeer, own: new Set(byPeer.get(this.#parts.nodeId)) };
    }
    return this.#known;
  }
}

interface Known {
  readonly ring: Ring;
  readonly byPeer: ReadonlyMap<NodeId, readonly number[]>;
  /** Those that this node replicates. */
  readonly own: ReadonlySet<number>;
}

/** An answer ends with the node that takes it over this. */
const ANSWER_BYTES_MAX = 64 * 1_024;

/**
 * By node, this one included: the partitions that both replicate, in ascending order. Who will own a partition once the open change is
 * complete replicates it already: this is how it gets what the owners have (D-4.9-1).
 */
function partitionsByPeer(
  ring: Ring,
  { nodeId, n }: Pick<SharedTreesParts, "nodeId" | "n">,
): ReadonlyMap<NodeId, readonly number[]> {
  const byPeer = new Map<NodeId, number[]>();
  for (let partition = 0; partition < ring.partitionCount; partition += 1) {
    const owners = ring.preferenceListOf(partition).slice(0, n);
    const next = ring.next?.preferenceListOf(partition).slice(0, n) ?? [];
    const replicas = new Set([...owners, ...next]);
    if (!replicas.has(nodeId)) continue;
    for (const peer of replicas) {
      const partitions = byPeer.get(peer);
      if (partitions === undefined) byPeer.set(peer, [partition]);
      else partitions.push(partition);
    }
  }
  return byPeer;
}
