import type { NodeId } from "../base/ids.ts";
import type { DatacenterPlacement } from "./datacenter-placement.ts";

/** What the sender believes the ring to be; another digest is answered "stale-ring" (architecture, Ring). */
export interface RingStamp {
  readonly epoch: number;
  /** First 8 bytes of the table's digest, as 16 hex characters. */
  readonly digest: string;
}

/** One epoch of the ring: who keeps which key (paper 4.2, 4.3). Immutable. */
export interface Ring {
  readonly stamp: RingStamp;
  /** Every member, sorted. */
  readonly nodes: readonly NodeId[];
  /** Q, the number of ranges of equal size (strategy 3). */
  readonly partitionCount: number;
  /** The range a key's MD5 position falls into, 0 to Q-1 (D-4.1-5). */
  partitionOf(key: Uint8Array): number;
  /** Owner of each range, by range number. */
  readonly owners: readonly NodeId[];
  /** Undefined: nodes have no datacenters. */
  readonly placement?: DatacenterPlacement | undefined;
  /** The ring that an open change leads to (D-4.9-4); undefined while none is open. Of as many ranges, and never with a next one itself. */
  readonly next?: Ring | undefined;
  /**
   * Every node of the ring, each once, in ring order from the key's range on: the first N are the primaries, the rest
   * are the fallbacks (D-4.3-3, D-4.3-4). With datacenters, the primaries in ring order, then the fallbacks in ring order.
   */
  preferenceList(key: Uint8Array): readonly NodeId[];
  /** The same for all keys of a range, by its number. */
  preferenceListOf(partition: number): readonly NodeId[];
}
