/*
 * Does a read show what its versions hold?
 *
 * Problem. A read tells the names of its versions and the items that came out of them, and no other checker compares the two: a
 * store that hands out one version's bytes under another's name, or a reconciler that forgets items, or shows them again, would
 * be called right as long as the names are.
 * Sketch. What a version holds follows from what its writer had read and did (`version-contents.ts`). Every read that shows its
 * items must show just that: views, what removes chose from, and the read at the end. Reads that lead to a version whose writer
 * never told its name are undecided: that write may have put in or taken out something of which only it knows. So are removes
 * that tell which versions they had read, and not what came out of them. Where there are any, the run is not called valid.
 */

import { itemsOf, REMOVE, VIEW } from "../history/cart-operation.ts";
import type { Pair } from "../history/pairs.ts";
import type { Reconciler } from "../run/plan.ts";
import type { CheckerResult } from "../run/summary.ts";
import type { Evidence } from "./evidence.ts";
import type { ContentsDifference, NamedWrite } from "./version-contents.ts";
import { VersionContents } from "./version-contents.ts";

export interface WrongRead extends ContentsDifference {
  readonly key: string;
  /** Of the read. */
  readonly index: number;
  /** Names that the read returned. */
  readonly saw: readonly string[];
}

export interface ReadContentsResult extends CheckerResult {
  /** Reads that were compared. */
  readonly reads: number;
  /** Those that showed something else than their versions hold. */
  readonly wrong: number;
  /** Those of which nothing can be said. */
  readonly undecided: number;
  /** The first item of each wrong read, in the order of the history. */
  readonly examples: readonly WrongRead[];
}

interface ShownRead {
  readonly index: number;
  readonly saw: readonly string[];
  readonly items: readonly string[];
}

interface NamedCart {
  readonly writes: Map<string, NamedWrite>;
  readonly reads: ShownRead[];
  /** Indices of removes that had read, and do not tell what they chose from. */
  readonly untold: number[];
}

const EXAMPLES_MAX = 20;

export function checkReadContents(
  evidence: Evidence,
  { reconcile }: { readonly reconcile: Reconciler },
): ReadContentsResult {
  const wrong: WrongRead[] = [];
  let reads = 0;
  let undecided = 0;
  const untold: number[] = [];
  for (const [key, cart] of gatherNamedCarts(evidence)) {
    const names = cart.reads.map(({ saw }) => saw);
    // Spread, those of one cart alone may be more arguments than a call takes.
    for (const index of cart.untold) untold.push(index);
    const contents = new VersionContents(cart.writes, names, reconcile);
    for (const read of cart.reads) {
      const difference = contents.compare(read.saw, read.items);
      if (difference === "unknown") {
        undecided += 1;
        continue;
      }
      reads += 1;
      if (difference !== undefined) {
        wrong.push({ ...difference, key, index: read.index, saw: read.saw });
      }
    }
  }
  untold.sort((one, other) => one - other);
  wrong.sort((one, other) => one.index - other.index);
  return {
    ...judge(wrong, undecided, untold),
    reads,
    wrong: wrong.length,
    undecided: undecided + untold.length,
    examples: wrong.slice(0, EXAMPLES_MAX),
  };
}

function judge(
  wrong: readonly WrongRead[],
  undecided: number,
  untold: readonly number[],
): CheckerResult {
  const doubt = `${undecided} read(s) lead to a version whose writer told no name, or that stands behind itself: what they had to show, nobody knows.`;
  const doubts = undecided === 0 ? [] : [doubt];
  if (untold.length > 0) {
    doubts.push(
      `${untold.length} remove(s) do not tell what they had read (readSet), the first at index ${untold[0]}.`,
    );
  }
  const [first] = wrong;
  if (first === undefined)
    return { verdict: doubts.length === 0 ? "valid" : "unknown", reasons: doubts };
  return { verdict: "invalid", reasons: [`${wrong.length} ${sentenceOf(first)}`, ...doubts] };
}

function sentenceOf({ kind, key, value, index, saw }: WrongRead): string {
  const versions = `version(s) ${saw.join(", ")}`;
  const extra = saw.length === 0 ? "and named no version" : `which ${versions} did not hold`;
  const what =
    kind === "extra"
      ? `showed ${value}, ${extra}`
      : `did not show ${value}, which ${versions} held`;
  return `read(s) showed something else than their versions hold; the first at index ${index} of ${key} ${what}.`;
}

function gatherNamedCarts({ pairs, finalReads }: Evidence): ReadonlyMap<string, NamedCart> {
  const carts = new Map<string, NamedCart>();
  for (const pair of pairs) gatherPair(cartOf(carts, pair.invocation.key), pair);
  for (const [key, { index, saw, value, error }] of finalReads) {
    const items = error === undefined ? itemsOf(value) : undefined;
    if (saw !== undefined && items !== undefined)
      cartOf(carts, key).reads.push({ index, saw, items });
  }
  return carts;
}

function gatherPair(
  { writes, reads, untold }: NamedCart,
  { invocation: { f }, completion }: Pair,
): void {
  if (completion === undefined) return;
  const { wrote, saw, readSet, value, type, index } = completion;
  if (wrote !== undefined) writes.set(wrote, { f, value, saw });
  if (saw === undefined) return;
  const items = f === VIEW && type === "ok" ? itemsOf(value) : f === REMOVE ? readSet : undefined;
  if (items !== undefined) reads.push({ index, saw, items });
  else if (f === REMOVE) untold.push(index);
}

function cartOf(carts: Map<string, NamedCart>, key: string): NamedCart {
  let cart = carts.get(key);
  if (cart === undefined) {
    cart = { writes: new Map(), reads: [], untold: [] };
    carts.set(key, cart);
  }
  return cart;
}
