/*
 * Problem: nodes hear of joins and leaves at different times, parts of a cluster of different ones, and clocks are off; yet all that have heard
 * the same must agree who the members are, who owns which range, and who has to receive what (K-17, K-18).
 *
 * Sketch: a pure fold over the set of changes, from the founders' table on. Joins and leaves are candidates, in their order. From the state at hand,
 * again and again:
 *
 *   1. the first candidate is void here (a join of a member, a leave of the last one): it is put aside, for good;
 *   2. a candidate is complete: every node that gains ranges by it, from this very table, has said `received`; where none gains any, as where every
 *      node keeps everything, one of its members has. The first such in order is applied, and its table is the ring, one epoch later;
 *   3. the first candidate was withdrawn: it is put aside;
 *   4. otherwise the first candidate is open, and those behind it wait.
 *
 * What is complete goes before what is only earlier: a change that comes late from another part of the cluster waits, and takes no ring away under
 * which writes were acknowledged. Only where two parts have both completed a change of one table, one must go first, the earlier; the
 * other is planned anew from there, and received anew, since its digest is another one.
 *
 * A `received` counts only if it comes before the first withdrawal of its change, so that a node that comes back after it was given up changes
 * nothing; and a withdrawal of what was complete before is void. What is before is said by the times, as nothing else can: who withdraws without
 * having heard that the change is complete, with a clock that is behind, does undo it.
 *
 * Source: paper 4.8.1, 4.9, 6.2 (strategy 3); D-4.8.1-6, D-4.9-5, D-6.2-5.
 */
import type { NodeId } from "../base/ids.ts";
import type { PartitionTable } from "../ring/partition-table.ts";
import type { Ring, RingStamp } from "../ring/ring.ts";
import type { Change, ChangeId, MemberRecord } from "./change.ts";
import { changeId, compareChanges } from "./change.ts";
import type { Departure } from "./departures.ts";
import { departuresOf } from "./departures.ts";
import type { Facts } from "./facts.ts";
import { factsOf, idsOf } from "./facts.ts";
import type { ClusterState, MemberChange, PlannedChange } from "./planned-change.ts";
import { planChange, stateOf } from "./planned-change.ts";

/** How a cluster begins; all of its nodes are configured with the same. */
export interface Founders {
  readonly table: PartitionTable;
  /** Those of the table. */
  readonly members: readonly MemberRecord[];
}

export interface OpenChange {
  readonly change: MemberChange;
  /** The ring once it is complete. */
  readonly ring: Ring;
  /** The ranges, by number, that a node has to receive before that. Empty: any member of that ring may say `received`, and one has to. */
  readonly receivers: ReadonlyMap<NodeId, readonly number[]>;
  /** Which of them have. */
  readonly received: ReadonlySet<NodeId>;
}

export interface VoidChange {
  readonly change: Change;
  /** A sentence. */
  readonly reason: string;
}

/** What a history comes to. Equal histories have equal views. */
export interface MembershipView {
  /** By the ring. */
  readonly members: ReadonlyMap<NodeId, MemberRecord>;
  /** In force. */
  readonly ring: Ring;
  readonly open: OpenChange | undefined;
  /** Behind the open one, in order. */
  readonly waiting: readonly MemberChange[];
  readonly withdrawn: readonly MemberChange[];
  readonly void: readonly VoidChange[];
  readonly departures: readonly Departure[];
  /** Of the ring and the open change, for requests. While there is one its digest is what `received` has to name. */
  readonly stamp: RingStamp;
}

/**
 * @param changes In the order in which they count (`History.inOrder`).
 * @param n Copies of each range.
 */
export function viewOf(founders: Founders, changes: readonly Change[], n: number): MembershipView {
  return new ViewFold(founders, n).view(changes);
}

/**
 * Gives the view of a history that grows. What it has settled it does not plan again, as long as what is new cannot change it: planning takes
 * milliseconds a change where a ring is large, and every node has something to say of each. The views are those of `viewOf`.
 */
export class ViewFold {
  readonly #founders: Founders;
  readonly #n: number;
  #folded: ReadonlySet<Change> = new Set();
  #facts: Facts = factsOf([]);
  /** After the last change that is complete. */
  #state: ClusterState;
  /** From that state. */
  readonly #plans = new Map<ChangeId, PlannedChange | string>();
  /** Complete until then, by the digest under which it was received, and void until then. */
  #settled = new Map<ChangeId, string | undefined>();
  #settledVoid: VoidChange[] = [];
  /** Of those settled the last in order. */
  #lastSettled: Change | undefined;
  /** Neither settled nor void since, in order. */
  #candidates: MemberChange[] = [];
  #void: VoidChange[] = [];
  #withdrawn: MemberChange[] = [];
  #open: PlannedChange | undefined;

  constructor(founders: Founders, n: number) {
    this.#founders = founders;
    this.#n = n;
    this.#state = stateOfFounders(founders);
  }

  /** Of all changes, in the order in which they count. */
  view(changes: readonly Change[]): MembershipView {
    // A change that comes as another object is taken for a new one, and the fold made anew: slow, and right.
    const added = changes.filter((change) => !this.#folded.has(change));
    const isGrown = changes.length === this.#folded.size + added.length;
    this.#facts = factsOf(changes);
    this.#folded = new Set(changes);
    if (!isGrown || !added.every((change) => this.#isLater(change))) this.#beginAnew();
    this.#candidates = this.#facts.memberChanges.filter(
      (change) => !this.#settled.has(changeId(change)),
    );
    this.#void = [];
    this.#withdrawn = [];
    this.#run();
    return this.#view();
  }

  /** True where it cannot change what is settled. */
  #isLater(change: Change): boolean {
    const { what } = change;
    switch (what.kind) {
      case "received": {
        const open = this.#open;
        const isOfOpen = open !== undefined && changeId(open.change) === what.change;
        return (isOfOpen ? open.digest : this.#settled.get(what.change)) === what.digest;
      }
      case "emptied":
        return true;
      case "withdraw":
        return !this.#settled.has(what.change);
      case "join":
      case "leave": {
        // At each step before, one that is earlier in order was chosen.
        const last = this.#lastSettled;
        return last === undefined || compareChanges(last, change) < 0;
      }
    }
  }

  #beginAnew(): void {
    this.#moveTo(stateOfFounders(this.#founders));
    this.#settled = new Map();
    this.#settledVoid = [];
    this.#lastSettled = undefined;
  }

  #run(): void {
    this.#open = undefined;
    for (;;) {
      const [first] = this.#candidates;
      if (first === undefined) return;
      const plan = this.#plan(first);
      if (typeof plan === "string") {
        this.#void.push({ change: first, reason: plan });
        this.#drop(first);
        continue;
      }
      const complete = this.#isComplete(plan) ? plan : this.#completeBehind(first);
      if (complete !== undefined) {
        this.#apply(complete);
      } else if (this.#isWithdrawn(first)) {
        this.#withdrawn.push(first);
        this.#drop(first);
      } else {
        this.#open = plan;
        return;
      }
    }
  }

  /** Nothing was put aside for being withdrawn before: that comes only once nothing is complete from the state at hand. */
  #apply({ change, next, digest }: PlannedChange): void {
    for (const { change: void_ } of this.#void) this.#settle(void_, undefined);
    this.#settledVoid.push(...this.#void);
    this.#void = [];
    this.#settle(change, digest);
    this.#moveTo(next);
    this.#drop(change);
  }

  #moveTo(state: ClusterState): void {
    this.#state = state;
    this.#plans.clear();
  }

  #plan(change: MemberChange): PlannedChange | string {
    const id = changeId(change);
    const known = this.#plans.get(id);
    if (known !== undefined) return known;
    const plan = planChange(this.#state, change, this.#n);
    this.#plans.set(id, plan);
    return plan;
  }

  #settle(change: Change, digest: string | undefined): void {
    this.#settled.set(changeId(change), digest);
    const last = this.#lastSettled;
    if (last === undefined || compareChanges(last, change) < 0) this.#lastSettled = change;
  }

  #completeBehind(first: MemberChange): PlannedChange | undefined {
    for (const change of this.#candidates) {
      if (change === first || !this.#facts.received.has(changeId(change))) continue;
      const plan = this.#plan(change);
      if (typeof plan !== "string" && this.#isComplete(plan)) return plan;
    }
    return undefined;
  }

  #isComplete(plan: PlannedChange): boolean {
    return this.#receivedOf(plan).size >= Math.max(1, plan.receivers.size);
  }

  #receivedOf({ change, digest, receivers, next }: PlannedChange): ReadonlySet<NodeId> {
    const asked = receivers.size > 0 ? receivers : next.members;
    const said = this.#facts.received.get(changeId(change)) ?? [];
    const counted = said.filter((what) => what.digest === digest && asked.has(what.node));
    return new Set(counted.map(({ node }) => node));
  }

  #isWithdrawn(change: MemberChange): boolean {
    return this.#facts.withdrawn.has(changeId(change));
  }

  #drop(change: MemberChange): void {
    this.#candidates.splice(this.#candidates.indexOf(change), 1);
  }

  #view(): MembershipView {
    const { ring, members } = this.#state;
    const open = this.#open;
    const behind = this.#candidates.slice(1);
    const withdrawn = [...this.#withdrawn, ...behind.filter((change) => this.#isWithdrawn(change))];
    return {
      members,
      ring,
      open: open && {
        change: open.change,
        ring: open.next.ring,
        receivers: open.receivers,
        received: this.#receivedOf(open),
      },
      waiting: behind.filter((change) => !this.#isWithdrawn(change)),
      withdrawn,
      void: [...this.#settledVoid, ...this.#void, ...this.#voidWithdrawals()],
      departures: departuresOf({
        facts: this.#facts,
        isMember: (node) => members.has(node),
        completeUnder: (change) => this.#settled.get(change),
        withdrawn,
      }),
      stamp: open === undefined ? ring.stamp : { epoch: ring.stamp.epoch, digest: open.digest },
    };
  }

  #voidWithdrawals(): readonly VoidChange[] {
    if (this.#facts.withdrawals.length === 0) return [];
    const known = idsOf(this.#facts.memberChanges);
    const void_ = idsOf([...this.#settledVoid, ...this.#void].map(({ change }) => change));
    const whyVoid = (id: ChangeId): string | undefined => {
      if (void_.has(id)) return "it is void";
      if (this.#settled.has(id)) return "it is complete";
      return known.has(id) ? undefined : "there is no such join or leave";
    };
    return this.#facts.withdrawals.flatMap((change) => {
      const id = change.what.change;
      const why = whyVoid(id);
      return why === undefined ? [] : [{ change, reason: `Cannot withdraw change ${id}: ${why}` }];
    });
  }
}

function stateOfFounders({ table, members }: Founders): ClusterState {
  return stateOf(table, new Map(members.map((member) => [member.id, member])));
}
