import type { Manifest, PartitionEntry } from "../../src/snapshot/manifest.ts";

export interface TookPartOptions {
  readonly manifest: Manifest;
  /** The nodes whose URLs the snapshot was given. */
  readonly asked: readonly string[];
  /** The cluster's members when it had ended. */
  readonly members: readonly string[];
  /** Members, and whoever was or will be one. */
  readonly machines: readonly string[];
}

/** Which nodes a snapshot has rows of, and what it may promise by that: as the oracle sees it, who knows of more nodes than a snapshot does. */
export class TookPart {
  readonly #manifest: Manifest;
  readonly #isBehind: boolean;
  /** Asked, and not in the ring that was found: a snapshot does not know that it lacks them. */
  readonly #overlooked: readonly string[];
  /** Not asked, or not in that ring; members of it that were asked and did not answer are for each partition to name. */
  readonly #unseen: readonly string[];

  constructor({ manifest, asked, members, machines }: TookPartOptions) {
    const { nodes } = manifest.cluster;
    const isSeen = (node: string): boolean => asked.includes(node) && nodes.includes(node);
    this.#manifest = manifest;
    this.#isBehind = members.some((node) => !asked.includes(node) && !nodes.includes(node));
    this.#overlooked = asked.filter((node) => !isSeen(node));
    this.#unseen = machines.filter((node) => !isSeen(node));
  }

  /** Of the nodes that were asked, those that a partition has not everything of. */
  missingOf({ missing }: PartitionEntry): readonly string[] {
    return [...missing, ...this.#overlooked];
  }

  /** Of all nodes, those that a partition has not everything of. */
  absentOf({ missing }: PartitionEntry): readonly string[] {
    return [...missing, ...this.#unseen];
  }

  /**
   * Every write that so many nodes acknowledged is in a partition, by what the snapshot says of it, and of itself as a whole. Null where the cluster has members that
   * nobody told it to ask and of which the ring that it found does not know, and others were missing: all that knew of them may have been those (architecture, "Snapshots").
   */
  claimOf({ coversFromW, missing }: PartitionEntry): number | null {
    const { complete, cluster } = this.#manifest;
    if (this.#isBehind && missing.length > 0) return null;
    return complete ? Math.min(coversFromW ?? cluster.w, cluster.w) : coversFromW;
  }
}
