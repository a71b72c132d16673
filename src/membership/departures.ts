import type { NodeId } from "../base/ids.ts";
import type { ChangeId, Issuer } from "./change.ts";
import { changeId, NEVER_COMPLETE } from "./change.ts";
import type { Facts } from "./facts.ts";
import { idsOf } from "./facts.ts";
import type { MemberChange } from "./planned-change.ts";

/**
 * A node that is no member and once was one, or was to be one: until it is emptied it may hold values that members have deleted, and copies
 * that count.
 */
export interface Departure {
  readonly node: NodeId;
  /** The leave, or the withdrawn join. */
  readonly change: ChangeId;
  /** What the word of its being empty has to name. */
  readonly digest: string;
  /** Who said first that it is empty. Undefined: nobody yet. */
  readonly emptiedBy: Issuer | undefined;
}

export interface DepartureParts {
  readonly facts: Pick<Facts, "memberChanges" | "emptyings">;
  readonly isMember: (node: NodeId) => boolean;
  /** Of a change that is complete: the digest under which it was. */
  readonly completeUnder: (change: ChangeId) => string | undefined;
  readonly withdrawn: readonly MemberChange[];
}

/** One for each such leave and join, in the order in which they count: a node that left twice has to be empty after both. */
export function departuresOf(parts: DepartureParts): readonly Departure[] {
  const { facts, isMember, completeUnder, withdrawn } = parts;
  const withdrawnIds = idsOf(withdrawn);
  return facts.memberChanges.flatMap((each) => {
    const { what } = each;
    const node = what.kind === "leave" ? what.node : what.member.id;
    const change = changeId(each);
    const digest =
      what.kind === "leave" ? completeUnder(change) : neverIf(withdrawnIds.has(change));
    if (digest === undefined || isMember(node)) return [];
    const said = facts.emptyings.find(
      (word) =>
        word.what.change === change && word.what.digest === digest && word.what.node === node,
    );
    return [{ node, change, digest, emptiedBy: said?.issuer }];
  });
}

/** Of a withdrawn leave there is nothing to say: who was to leave stays. */
function neverIf(isWithdrawn: boolean): string | undefined {
  return isWithdrawn ? NEVER_COMPLETE : undefined;
}
