import { Writer } from "../base/binary.ts";
import { toHex } from "../base/bytes.ts";
import { sha256 } from "../base/hash.ts";
import type { NodeId } from "../base/ids.ts";
import type { PartitionTable } from "../ring/partition-table.ts";
import { ringFromTable } from "../ring/partition-table.ts";
import { rangesGained } from "../ring/range-movements.ts";
import type { Ring } from "../ring/ring.ts";
import { tableWith, tableWithout } from "../ring/table-changes.ts";
import type { Change, Join, Leave, MemberRecord } from "./change.ts";
import { changeId } from "./change.ts";

/** A change of who the members are. */
export type MemberChange = Change & { readonly what: Join | Leave };

/** A cluster between two changes. */
export interface ClusterState {
  readonly table: PartitionTable;
  readonly ring: Ring;
  readonly members: ReadonlyMap<NodeId, MemberRecord>;
}

/** Where a change leads from a state, and what that takes. */
export interface PlannedChange {
  readonly change: MemberChange;
  readonly next: ClusterState;
  /** What each node has to receive first, by range number; nodes that gain nothing are left out. */
  readonly receivers: ReadonlyMap<NodeId, readonly number[]>;
  /**
   * Of both tables and the change, 16 hex characters. Who has received under it has what the owners by the one table had, for its ranges by the
   * other: after another table before it, or another change, it would have to be received again.
   */
  readonly digest: string;
}

export function stateOf(
  table: PartitionTable,
  members: ReadonlyMap<NodeId, MemberRecord>,
): ClusterState {
  return { table, ring: ringFromTable(table), members };
}

/** The same on all nodes. A text instead says why the change leads nowhere from this state: a join of a member, a leave of the last. */
export function planChange(
  state: ClusterState,
  change: MemberChange,
  n: number,
): PlannedChange | string {
  const members = membersAfter(state.members, change.what);
  let table: PartitionTable;
  try {
    table = tableAfter(state.table, change.what, members, n);
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
  const next = stateOf(table, members);
  const receivers = rangesGained(state.ring, next.ring, n);
  return { change, next, receivers, digest: digestOf(state.ring, next.ring, change) };
}

function membersAfter(
  before: ReadonlyMap<NodeId, MemberRecord>,
  what: Join | Leave,
): ReadonlyMap<NodeId, MemberRecord> {
  const members = new Map(before);
  if (what.kind === "join") members.set(what.member.id, what.member);
  else members.delete(what.node);
  return members;
}

function tableAfter(
  table: PartitionTable,
  what: Join | Leave,
  members: ReadonlyMap<NodeId, MemberRecord>,
  n: number,
): PartitionTable {
  const capacityOf = new Map([...members].map(([id, { capacity }]) => [id, capacity ?? 1]));
  const capacities = { n, capacityOf };
  if (what.kind === "leave") return tableWithout(table, what.node, capacities);
  const { id, datacenter } = what.member;
  return tableWith(table, { node: id, datacenter }, capacities);
}

function digestOf(before: Ring, after: Ring, change: MemberChange): string {
  const writer = new Writer();
  writer.utf8("ringside open change");
  writer.ascii(before.stamp.digest);
  writer.ascii(after.stamp.digest);
  writer.ascii(changeId(change));
  return toHex(sha256(writer.finish(), DIGEST_BYTES));
}

const DIGEST_BYTES = 8;
