/*
 * No acknowledged add may be missing at the end.
 *
 * Problem. "The store acknowledged it" is the one promise a write has. An item is lost where its add was acknowledged, the
 * final read (R=N, after all hints were delivered) lacks it, and nobody removed it.
 * Sketch. A remove excuses only the item it names, and only where the set of items it had read contains it: a remove cannot
 * take out what it never saw. It excuses whether acknowledged or in doubt, but, where versions have names, not if the final read
 * shows neither its version nor one whose writer had seen that. A remove that was still under way when the
 * run ended names no item; each such remove may stand for one missing item of its cart, so that many are not counted as
 * lost but make the cart undecided. An add in doubt may be there or not.
 * Without a final read of the cart, or before the cluster settled (the item may wait in a hint), nothing can be said:
 * unknown, never valid.
 * Source: architecture, "How the end is judged"; after set-full of Jepsen, with its gaps closed.
 */

import { itemsOf } from "../history/cart-operation.ts";
import type { FinalRead, Operation } from "../history/operation.ts";
import type { CheckerResult } from "../run/summary.ts";
import type { CartHistory, Carts } from "./cart-items.ts";
import type { Evidence } from "./evidence.ts";
import { settledState } from "./settled.ts";
import type { KeyVersions } from "./version-graph.ts";
import { pastOf } from "./version-graph.ts";

export interface LostWrite {
  readonly key: string;
  /** The item. */
  readonly value: string;
  /** Of the add's completion. */
  readonly index: number;
  readonly process: number;
  /** Node that acknowledged the add. */
  readonly node: string;
  /** Fault phase in which it was acknowledged: `healthy`, a fault's name, or `between`. */
  readonly phase: string;
}

export interface LostWritesResult extends CheckerResult {
  readonly count: number;
  /** Acknowledged adds in all. */
  readonly acknowledged: number;
  /** Acknowledged adds missing in carts whose missing items unfinished removes may explain. */
  readonly undecided: number;
  /** Adds in doubt that were there at the end. */
  readonly recovered: number;
  readonly unreadKeys: readonly string[];
  /** In the order of their acknowledgements. */
  readonly examples: readonly LostWrite[];
}

export interface LostWritesOptions {
  /** Default 20. */
  readonly examplesMax?: number;
  /** By key, where versions have names. */
  readonly versionsOf?: ReadonlyMap<string, KeyVersions>;
}

const EXAMPLES_MAX = 20;

export function checkLostWrites(
  evidence: Evidence,
  { carts }: Carts,
  { examplesMax = EXAMPLES_MAX, versionsOf = new Map() }: LostWritesOptions = {},
): LostWritesResult {
  const missing: LostWrite[] = [];
  const unreadKeys: string[] = [];
  const totals = { count: 0, acknowledged: 0, undecided: 0, recovered: 0 };
  for (const [key, cart] of carts) {
    const read = evidence.finalReads.get(key);
    const present = read?.error === undefined ? itemsOf(read?.value) : undefined;
    const mayExcuse = whoMayExcuse(versionsOf.get(key), read);
    const found = compareCart(evidence, cart, present && new Set(present), mayExcuse);
    totals.acknowledged += found.acknowledged;
    totals.recovered += found.recovered;
    if (present === undefined) {
      unreadKeys.push(key);
      continue;
    }
    const undecided = Math.min(found.missing.length, cart.unknownRemoves);
    totals.undecided += undecided;
    totals.count += found.missing.length - undecided;
    if (found.missing.length > undecided) {
      for (const lost of found.missing) missing.push(lost);
    }
  }
  missing.sort((one, other) => one.index - other.index);
  const examples = missing.slice(0, examplesMax);
  return { ...judge(evidence, totals, unreadKeys, examples), ...totals, unreadKeys, examples };
}

interface CartComparison {
  readonly acknowledged: number;
  readonly recovered: number;
  readonly missing: readonly LostWrite[];
}

/** `present` undefined: the cart could not be read, and only the acknowledgements are counted. */
function compareCart(
  evidence: Evidence,
  cart: CartHistory,
  present: ReadonlySet<string> | undefined,
  mayExcuse: (remove: string | undefined) => boolean,
): CartComparison {
  let acknowledged = 0;
  let recovered = 0;
  const missing: LostWrite[] = [];
  for (const [item, { add, removes }] of cart.items) {
    const { completion } = add;
    if (completion?.type === "ok") {
      acknowledged++;
      if (present !== undefined && !present.has(item) && !removes.some(mayExcuse)) {
        missing.push(lostWrite(evidence, item, completion));
      }
    } else if (completion?.type !== "fail" && present?.has(item) === true) {
      recovered++;
    }
  }
  return { acknowledged, recovered, missing };
}

/**
 * Which removes, by the names of their versions, can have taken something out of what a final read shows: those that it shows, or
 * whose versions the writers of what it shows had seen. All of them where names are missing.
 */
function whoMayExcuse(
  history: KeyVersions | undefined,
  read: FinalRead | undefined,
): (remove: string | undefined) => boolean {
  if (history === undefined || read?.saw === undefined) return () => true;
  const behind = new Set([...read.saw, ...pastOf(history, read.saw)]);
  const areKnown = [...behind].every((name) => history.versions.has(name));
  return (remove) => remove === undefined || !areKnown || behind.has(remove);
}

function lostWrite({ phases }: Evidence, item: string, completion: Operation): LostWrite {
  const { key, index, process, node, timeNs } = completion;
  const phase = phases.phases[phases.find(timeNs, timeNs)]?.name ?? "between";
  return { key, value: item, index, process, node, phase };
}

function judge(
  evidence: Evidence,
  { count, undecided }: { readonly count: number; readonly undecided: number },
  unreadKeys: readonly string[],
  examples: readonly LostWrite[],
): CheckerResult {
  const state = settledState(evidence);
  const { isSettled } = state;
  const doubts: string[] = [...state.doubts];
  if (unreadKeys.length > 0) {
    doubts.push(`${unreadKeys.length} key(s) have no final read, the first is ${unreadKeys[0]}.`);
  }
  if (undecided > 0) {
    doubts.push(
      `${undecided} missing item(s) may have been taken out by removes that never completed.`,
    );
  }
  const [first] = examples;
  if (first === undefined || count === 0) {
    return { verdict: doubts.length === 0 ? "valid" : "unknown", reasons: doubts };
  }
  const reason = `${count} acknowledged add(s) lost; the first is ${first.value} of ${first.key}, acknowledged to process ${first.process} by ${first.node} at index ${first.index} (${first.phase}).`;
  // What was read too early, or with hints waiting, accuses nobody.
  return { verdict: isSettled ? "invalid" : "unknown", reasons: [reason, ...doubts] };
}
