/*
 * Problem: a node joins or leaves, and then everybody shall own its share again: Q/S ranges rounded down or up, or as many as its
 * capacity says (`capacity-shares.ts`). As few ranges as can be shall change their owner, and who gives or gets shall do it evenly.
 *
 * Sketch: each node has a claim to one more range, the weaker the more it has. Strongest are the claims of nodes that have none, then of those
 * with fewer ranges than there is a copy for, by capacity against what they have (Webster's method), then of the others, evenly. A table is in
 * balance where no claim to one more range is stronger than somebody's claim to its last one: the Q strongest claims are met.
 * A claim does not depend on who else is there. So
 * - the ranges of a newcomer come from the weakest claims, until its own is no stronger: what the others keep is in balance;
 * - the ranges of a leaver go to the strongest claims, one after the other: those that are met already are stronger still.
 * Only the newcomer gains, only what the leaver had moves, and no rounding adds up: a table planned from one in balance is in balance, after any
 * number of changes. With equal capacities that is Q/S rounded down or up for each (D-6.2-5).
 *
 * Exception: with N nodes or fewer there is a copy of each range for everybody, so the claims change where the (N+1)st node comes or goes. With
 * unequal capacities a table of N nodes can be off balance, then, and nobody has more to do for it: N nodes keep everything, whoever owns it.
 */
import { assert } from "../base/assert.ts";
import type { NodeId } from "../base/ids.ts";
import type { Capacities } from "./capacity-shares.ts";

export interface ShareChange {
  /** All members after the change; of those who are alike in all else, the first ones give or get. */
  readonly nodes: readonly NodeId[];
  /** Owner of each range before the change. */
  readonly owners: readonly NodeId[];
  /** Of those members, where they differ. */
  readonly capacities: Capacities | undefined;
}

/** How many ranges each of the others gives, so that the newcomer has its share. */
export function rangesToGive(change: ShareChange, newcomer: NodeId): Map<NodeId, number> {
  const members = membersOf(change);
  const joining = members.find(({ node }) => node === newcomer);
  assert(joining !== undefined, `Cannot give ranges to ${newcomer}: it is no member`);
  const donors = members.filter((member) => member !== joining);
  for (;;) {
    const donor = donors.reduce((one, other) => (givesBefore(other, one) ? other : one));
    if (compareClaims(nextClaim(joining), lastClaim(donor)) <= 0) break;
    joining.count += 1;
    donor.count -= 1;
    donor.moved += 1;
  }
  return movedBy(donors);
}

/** How many ranges of those who are no members any more each member gets. */
export function rangesToGet(change: ShareChange): Map<NodeId, number> {
  const members = membersOf(change);
  const kept = members.reduce((sum, { count }) => sum + count, 0);
  for (let owned = kept; owned < change.owners.length; owned += 1) {
    const receiver = members.reduce((one, other) => (getsBefore(other, one) ? other : one));
    receiver.count += 1;
    receiver.moved += 1;
  }
  return movedBy(members);
}

interface Member {
  readonly node: NodeId;
  readonly capacity: number;
  /** With so many ranges it has as many as there is a copy for. */
  readonly most: number;
  count: number;
  /** How many of its ranges it has given, or got, by now. */
  moved: number;
}

function membersOf({ nodes, owners, capacities }: ShareChange): Member[] {
  const counts = new Map<NodeId, number>();
  for (const owner of owners) counts.set(owner, (counts.get(owner) ?? 0) + 1);
  const copies = capacities !== undefined && nodes.length > capacities.n ? capacities.n : 1;
  const most = Math.floor(owners.length / copies);
  return nodes.map((node) => {
    const capacity = capacities?.capacityOf.get(node) ?? 1;
    return { node, capacity, most, count: counts.get(node) ?? 0, moved: 0 };
  });
}

function movedBy(members: readonly Member[]): Map<NodeId, number> {
  return new Map(members.map(({ node, moved }) => [node, moved]));
}

function givesBefore(one: Member, other: Member): boolean {
  const difference = compareClaims(lastClaim(one), lastClaim(other));
  return difference < 0 || (difference === 0 && hasMovedLess(one, other));
}

function getsBefore(one: Member, other: Member): boolean {
  const difference = compareClaims(nextClaim(one), nextClaim(other));
  return difference > 0 || (difference === 0 && hasMovedLess(one, other));
}

/** Between equal claims: the work of a change is spread by capacity, too. */
function hasMovedLess(one: Member, other: Member): boolean {
  return one.moved * other.capacity < other.moved * one.capacity;
}

/** The strength of a claim: its rank, and in it a fraction, taken apart so that it is compared exactly. */
interface Claim {
  readonly rank: 0 | 1 | 2;
  readonly dividend: number;
  readonly divisor: number;
}

function nextClaim(member: Member): Claim {
  return claimWith(member, member.count);
}

function lastClaim(member: Member): Claim {
  return claimWith(member, member.count - 1);
}

/** To one range more than so many. */
function claimWith({ capacity, most }: Member, count: number): Claim {
  if (count === 0) return { rank: 2, dividend: 1, divisor: 1 };
  if (count < most) return { rank: 1, dividend: capacity, divisor: 2 * count + 1 };
  return { rank: 0, dividend: 1, divisor: count };
}

function compareClaims(one: Claim, other: Claim): number {
  return one.rank - other.rank || one.dividend * other.divisor - other.dividend * one.divisor;
}
