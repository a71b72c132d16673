import { isIncarnation } from "../base/actor.ts";
import { assert } from "../base/assert.ts";
import type { NodeId } from "../base/ids.ts";
import type { HybridTime } from "../causality/hybrid-time.ts";

/*
 * Problem: an operator's order to let a node join or leave has to reach all nodes, in any order and more than once, and come to the
 * same there; it has to outlive restarts, wrong clocks and a part of the cluster that hears of it late (paper 4.8.1).
 *
 * Sketch: a change is a fact that is never altered. Its issuer numbers it and gives it a time later than that of each change it
 * knows, whatever its wall clock says; so what was done in view of another change comes after it, everywhere.
 */

declare const brand: unique symbol;

/**
 * Who issues changes: `node/life`. The life is the name of one start of the node (`replica/life.ts`), and not the incarnation, which may
 * go on from start to start: so no number has to be remembered, and no lost row can lead to one that is used twice.
 */
export type Issuer = string & { readonly [brand]: "Issuer" };

/** Names a change: `issuer/number`. */
export type ChangeId = string & { readonly [brand]: "ChangeId" };

/** A member as the change that brought it says. */
export interface MemberRecord {
  readonly id: NodeId;
  /** `host:port` of its RPC listener. */
  readonly address: string;
  /** Base URL of its HTTP API. */
  readonly clientUrl?: string | undefined;
  /** 1 to 64 characters of `[A-Za-z0-9._-]`. */
  readonly datacenter?: string | undefined;
  /** How much it can do against the others, 1 to 1,000. Undefined: 1. */
  readonly capacity?: number | undefined;
}

export interface Join {
  readonly kind: "join";
  readonly member: MemberRecord;
}

export interface Leave {
  readonly kind: "leave";
  readonly node: NodeId;
}

/** A node has all data of the ranges that a join or leave gives it. */
export interface Received {
  readonly kind: "received";
  readonly change: ChangeId;
  /** Of the stamp under which it was received, 16 hex characters: under another one it may be something else (view.ts). */
  readonly digest: string;
  readonly node: NodeId;
}

/** A join or leave is not to be completed. */
export interface Withdraw {
  readonly kind: "withdraw";
  readonly change: ChangeId;
}

/**
 * A node that is no member holds nothing any more of what it had as one, or as one to be: no row, no hint. Said by itself, or by an operator of a
 * node that is destroyed and never comes back.
 */
export interface Emptied {
  readonly kind: "emptied";
  /** The leave, or the withdrawn join, by which it is no member. */
  readonly change: ChangeId;
  /**
   * Of the stamp under which the leave was complete, 16 hex characters: should it be completed anew, the node was an owner in between. Of
   * a withdrawn join `NEVER_COMPLETE`.
   */
  readonly digest: string;
  readonly node: NodeId;
}

export const NEVER_COMPLETE = "0000000000000000";

export interface Change {
  readonly issuer: Issuer;
  /** 1 for the issuer's first change, 2 for its second, and so on without a gap. */
  readonly number: number;
  /** Later than each change that the issuer knew; compared with other changes' only, never with a clock. */
  readonly time: HybridTime;
  readonly what: Join | Leave | Received | Withdraw | Emptied;
}

export function issuerOf(node: NodeId, life: string): Issuer {
  assert(isIncarnation(life), `Cannot name an issuer: ${JSON.stringify(life)} is no life`);
  return `${node}/${life}` as Issuer;
}

export function changeId({ issuer, number }: Pick<Change, "issuer" | "number">): ChangeId {
  return `${issuer}/${number}` as ChangeId;
}

/** The order in which changes count, the same on all nodes: by time, of equal ones by issuer, then number. */
export function compareChanges(left: Change, right: Change): number {
  return left.time - right.time || compareByIssuer(left, right);
}

/** By issuer, then number. */
export function compareByIssuer(left: Change, right: Change): number {
  if (left.issuer !== right.issuer) return left.issuer < right.issuer ? -1 : 1;
  return left.number - right.number;
}
