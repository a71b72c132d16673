import { assert } from "../base/assert.ts";
import { Writer } from "../base/binary.ts";
import { toHex } from "../base/bytes.ts";
import { BytesMemo } from "../base/bytes-memo.ts";
import { sha256 } from "../base/hash.ts";
import type { NodeId } from "../base/ids.ts";
import { positionTop32 } from "../base/position.ts";
import { SeededRandom } from "../base/seeded-random.ts";
import type { Capacities } from "./capacity-shares.ts";
import { areEqual, ownersByCapacity } from "./capacity-shares.ts";
import type { DatacenterPlacement } from "./datacenter-placement.ts";
import { checkPlacement, spreadOver } from "./datacenter-placement.ts";
import type { Ring, RingStamp } from "./ring.ts";

/**
 * Partitioning strategy 3 (paper 6.2, D-6.2-5): the circle of 2^128 positions is cut into Q equal ranges, and each of S
 * nodes owns Q/S of them, rounded down or up, or as many as its capacity says (`capacity-shares.ts`).
 *
 * Ranges. Range i holds the positions whose upper 32 bits x have floor(x * Q / 2^32) = i. Its token is its last position, so
 * it is (token of range i-1, own token], the last token is 2^128-1, and the circle wraps without a special case. A key that
 * falls on a token belongs to the range that ends there: of the paper's two statements ("larger than" in 4.2, "(A, B]" in 4.3)
 * we take the second (D-4.2-2). Ranges differ in size by one part in 2^32/Q where Q is not a power of two.
 *
 * First table. The owners' multiset is shuffled by a stream that follows from the cluster id, Q and the sorted node ids: every
 * node computes the same one without talking. The order is random as in the paper; a walk that meets an owner twice
 * skips it, so the N nodes of a preference list always differ.
 */
export function createRing(options: RingOptions): Ring {
  const nodes = [...options.nodes].sort();
  checkMembers(nodes, options.partitionCount);
  const random = new SeededRandom(tableSeed({ ...options, nodes }));
  const { clusterId, partitionCount, capacities, placement } = options;
  const owners =
    capacities === undefined || areEqual(nodes, capacities)
      ? random.shuffle(evenShares(random.shuffle(nodes), partitionCount))
      : ownersByCapacity(random, nodes, partitionCount, capacities);
  return ringFromTable({ clusterId, epoch: FIRST_EPOCH, nodes, owners, placement });
}

export interface RingOptions {
  readonly clusterId: string;
  /** Every member once, in any order. */
  readonly nodes: readonly NodeId[];
  /** Q, from the number of nodes to 65,536; fixed when the cluster is created. */
  readonly partitionCount: number;
  /** Undefined: all nodes can do as much. */
  readonly capacities?: Capacities | undefined;
  /** Undefined: nodes have no datacenters. */
  readonly placement?: DatacenterPlacement | undefined;
}

/** A partition table as it is stored and sent. */
export interface PartitionTable {
  readonly clusterId: string;
  readonly epoch: number;
  readonly nodes: readonly NodeId[];
  /** Owner of each range, by range number; every node owns at least one. */
  readonly owners: readonly NodeId[];
  readonly placement?: DatacenterPlacement | undefined;
}

/** The ring of a given table. Throws RangeError where no cluster can have it. */
export function ringFromTable(table: PartitionTable): Ring {
  const nodes = [...table.nodes].sort();
  checkMembers(nodes, table.owners.length);
  checkOwners(nodes, table.owners);
  if (table.placement !== undefined) checkSpread(nodes, table.placement);
  return new TableRing({ ...table, nodes, owners: [...table.owners] });
}

/** The range of a position, by its upper 32 bits. Exact: the product stays below 2^48. */
export function partitionAt(top32: number, partitionCount: number): number {
  return Math.floor((top32 * partitionCount) / 2 ** 32);
}

/** Most ranges; a range number fits two bytes in keys and frames. */
export const PARTITION_COUNT_MAX = 65_536;

const FIRST_EPOCH = 1;
const TABLE_FORMAT_VERSION = 1;
/** Of a table with datacenters. */
const PLACED_FORMAT_VERSION = 2;

class TableRing implements Ring {
  readonly stamp: RingStamp;
  readonly nodes: readonly NodeId[];
  readonly owners: readonly NodeId[];
  readonly partitionCount: number;
  readonly placement: DatacenterPlacement | undefined;
  /** By range, each made when it is first asked for. */
  readonly #preferenceLists: (readonly NodeId[] | undefined)[];
  /** Ranges of keys asked for lately: each stage of a request asks for the same key, and hashing it takes longest. */
  readonly #partitions = new BytesMemo<number>();

  constructor(table: PartitionTable) {
    this.stamp = Object.freeze({ epoch: table.epoch, digest: digestOf(table) });
    // Not frozen, as no list here is: the engine walks, slices and searches a frozen one ten times slower.
    this.nodes = table.nodes;
    this.owners = table.owners;
    this.partitionCount = table.owners.length;
    this.placement = table.placement;
    this.#preferenceLists = new Array(this.partitionCount).fill(undefined);
  }

  partitionOf(key: Uint8Array): number {
    const known = this.#partitions.find(key);
    if (known !== undefined) {
      return known;
    }
    const partition = partitionAt(positionTop32(key), this.partitionCount);
    this.#partitions.remember(key, partition);
    return partition;
  }

  preferenceList(key: Uint8Array): readonly NodeId[] {
    return this.preferenceListOf(this.partitionOf(key));
  }

  preferenceListOf(partition: number): readonly NodeId[] {
    const known = this.#preferenceLists[partition];
    if (known !== undefined) {
      return known;
    }
    const walk = walkFrom(partition, this.owners, this.nodes.length);
    const { placement } = this;
    const list = placement === undefined ? walk : spreadOver(walk, placement);
    this.#preferenceLists[partition] = list;
    return list;
  }
}

/** Each owner once, in the order in which the walk from this range on meets them. */
function walkFrom(partition: number, owners: readonly NodeId[], nodeCount: number): NodeId[] {
  const met = new Set<NodeId>();
  for (let step = 0; step < owners.length && met.size < nodeCount; step += 1) {
    met.add(owners[(partition + step) % owners.length] as NodeId);
  }
  assert(met.size === nodeCount, `Cannot list ${nodeCount} nodes: only ${met.size} own a range`);
  return [...met];
}

/** Every node as often as it owns ranges; the first ones get what is left over. */
function evenShares(nodes: readonly NodeId[], partitionCount: number): NodeId[] {
  const shares: NodeId[] = [];
  for (let partition = 0; partition < partitionCount; partition += 1) {
    shares.push(nodes[partition % nodes.length] as NodeId);
  }
  return shares;
}

function tableSeed(options: RingOptions): Uint8Array {
  const writer = new Writer();
  writer.utf8("ringside first partition table");
  writer.utf8(options.clusterId);
  writer.u32(options.partitionCount);
  for (const node of options.nodes) {
    writer.ascii(node);
  }
  return writer.finish();
}

/** First 8 bytes of a SHA-256 over the canonical form of the table, as 16 hex characters. */
function digestOf(table: PartitionTable): string {
  const writer = new Writer(4 * table.owners.length);
  writer.u8(table.placement === undefined ? TABLE_FORMAT_VERSION : PLACED_FORMAT_VERSION);
  writer.utf8(table.clusterId);
  writer.varint(table.epoch);
  writer.varint(table.nodes.length);
  const numbers = new Map<NodeId, number>();
  for (const node of table.nodes) {
    writer.ascii(node);
    numbers.set(node, numbers.size);
  }
  writer.varint(table.owners.length);
  for (const owner of table.owners) {
    writer.varint(numbers.get(owner) ?? numbers.size);
  }
  if (table.placement !== undefined) writePlacement(writer, table.nodes, table.placement);
  return toHex(sha256(writer.finish()).subarray(0, 8));
}

function writePlacement(
  writer: Writer,
  nodes: readonly NodeId[],
  { n, datacenterOf, replicas }: DatacenterPlacement,
): void {
  writer.varint(n);
  for (const node of nodes) writer.utf8(datacenterOf.get(node) ?? "");
  // Nothing where copies are even: each entry needs a datacenter, so there are never none.
  for (const datacenter of [...(replicas?.keys() ?? [])].sort()) {
    writer.utf8(datacenter);
    writer.varint(replicas?.get(datacenter) ?? 0);
  }
}

function checkSpread(nodes: readonly NodeId[], placement: DatacenterPlacement): void {
  try {
    checkPlacement(nodes, placement);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new RangeError(`Cannot make a ring: ${error.message}`, { cause: error });
  }
}

function checkMembers(sorted: readonly NodeId[], partitionCount: number): void {
  const twice = sorted.find((node, index) => node === sorted[index + 1]);
  if (twice !== undefined) {
    throw new RangeError(`Cannot make a ring: node ${twice} is named twice`);
  }
  if (sorted.length === 0) {
    throw new RangeError("Cannot make a ring: there are no nodes");
  }
  const isPossible =
    Number.isInteger(partitionCount) &&
    partitionCount >= sorted.length &&
    partitionCount <= PARTITION_COUNT_MAX;
  if (!isPossible) {
    throw new RangeError(
      `Cannot make a ring of ${partitionCount} ranges: it takes a whole number from the number of nodes (${sorted.length}) to ${PARTITION_COUNT_MAX}`,
    );
  }
}

function checkOwners(nodes: readonly NodeId[], owners: readonly NodeId[]): void {
  const members = new Set(nodes);
  const stranger = owners.find((owner) => !members.has(owner));
  if (stranger !== undefined) {
    throw new RangeError(`Cannot make a ring: owner ${stranger} is no member`);
  }
  const owning = new Set(owners);
  const idle = nodes.find((node) => !owning.has(node));
  if (idle !== undefined) {
    throw new RangeError(`Cannot make a ring: node ${idle} owns no range`);
  }
}
