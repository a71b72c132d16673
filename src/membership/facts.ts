import type { Change, ChangeId, Emptied, Received, Withdraw } from "./change.ts";
import { changeId } from "./change.ts";
import type { MemberChange } from "./planned-change.ts";

export type Withdrawal = Change & { readonly what: Withdraw };

export type Emptying = Change & { readonly what: Emptied };

/** What a history says of its joins and leaves, by their ids. */
export interface Facts {
  /** All of them, in order. */
  readonly memberChanges: readonly MemberChange[];
  /** Before the first withdrawal of the change. */
  readonly received: ReadonlyMap<ChangeId, readonly Received[]>;
  readonly withdrawn: ReadonlySet<ChangeId>;
  readonly withdrawals: readonly Withdrawal[];
  readonly emptyings: readonly Emptying[];
}

/** Of changes in the order in which they count. */
export function factsOf(changes: readonly Change[]): Facts {
  const received = new Map<ChangeId, Received[]>();
  const withdrawn = new Set<ChangeId>();
  for (const { what } of changes) {
    if (what.kind === "withdraw") withdrawn.add(what.change);
    if (what.kind !== "received" || withdrawn.has(what.change)) continue;
    const known = received.get(what.change);
    if (known === undefined) received.set(what.change, [what]);
    else known.push(what);
  }
  return {
    memberChanges: changes.filter(isMemberChange),
    received,
    withdrawn,
    withdrawals: changes.filter(isWithdrawal),
    emptyings: changes.filter(isEmptying),
  };
}

export function idsOf(changes: readonly Change[]): ReadonlySet<ChangeId> {
  return new Set(changes.map(changeId));
}

function isMemberChange(change: Change): change is MemberChange {
  return change.what.kind === "join" || change.what.kind === "leave";
}

function isWithdrawal(change: Change): change is Withdrawal {
  return change.what.kind === "withdraw";
}

function isEmptying(change: Change): change is Emptying {
  return change.what.kind === "emptied";
}
