/*
 * What each version of a cart must hold, derived from what its writer did: what the versions hold that it had read, joined, and the
 * one item that it put in or took out. From the history's names alone, in code of its own, so that neither the store nor the
 * clients' reconciler is asked about itself.
 *
 * A cart may be long and its versions many, so items are bits, only versions that stand behind a read are derived, and what one holds is
 * kept while somebody is still to read it, and handed on to who reads it last.
 */

import { ADD } from "../history/cart-operation.ts";
import type { Operation } from "../history/operation.ts";
import type { Reconciler } from "../run/plan.ts";
import { ItemSet } from "./item-set.ts";

/** A write that told its name. */
export interface NamedWrite extends Pick<Operation, "f" | "value"> {
  /** Names of the versions that it had read; undefined where one of them had none. */
  readonly saw: readonly string[] | undefined;
}

interface Contents {
  readonly items: ItemSet;
  /** Items that were taken out for good; always empty unless carts are OR-sets. */
  readonly removed: ItemSet;
}

/** How a read differs from what its versions hold. */
export interface ContentsDifference {
  /** `extra`: shown and not in the versions; `missing`: in them and not shown. */
  readonly kind: "extra" | "missing";
  /** The item. */
  readonly value: string;
}

export class VersionContents {
  readonly #writes: ReadonlyMap<string, NamedWrite>;
  readonly #reconcile: Reconciler;
  readonly #items: readonly string[];
  readonly #numbers: ReadonlyMap<string, number>;
  /** Undefined: derived, and nobody can know, or nobody is still to read it. */
  readonly #known = new Map<string, Contents | undefined>();
  /** How often each version is still to be read. */
  readonly #readsLeft = new Map<string, number>();

  /** `reads`: the names in each read that `compare` will be asked about. */
  constructor(
    writes: ReadonlyMap<string, NamedWrite>,
    reads: Iterable<readonly string[]>,
    reconcile: Reconciler,
  ) {
    this.#writes = writes;
    this.#reconcile = reconcile;
    const texts = [...writes.values()].flatMap(({ value }) =>
      typeof value === "string" ? [value] : [],
    );
    this.#items = [...new Set(texts)];
    this.#numbers = new Map(this.#items.map((item, number) => [item, number]));
    this.#announce(reads);
  }

  /**
   * Compares what a read of these versions showed with what they hold: undefined where that is the same, `unknown` where a version
   * without a name stands behind them. To be asked once of each read.
   */
  compare(
    names: readonly string[],
    shown: readonly string[],
  ): ContentsDifference | "unknown" | undefined {
    for (const name of names) this.#derive(name);
    const contents = this.#join(names);
    if (contents === undefined) return "unknown";
    const seen = ItemSet.of(this.#items.length);
    for (const item of shown) {
      const number = this.#numbers.get(item);
      if (number === undefined || !contents.items.has(number))
        return { kind: "extra", value: item };
      seen.add(number);
    }
    const missing = contents.items.firstBeyond(seen);
    return missing === undefined
      ? undefined
      : { kind: "missing", value: this.#items[missing] as string };
  }

  /** Counts who will read what: the reads, and the writers of all that stands behind them. */
  #announce(reads: Iterable<readonly string[]>): void {
    const open = [...reads];
    for (let names = open.pop(); names !== undefined; names = open.pop()) {
      for (const name of names) {
        const count = this.#readsLeft.get(name) ?? 0;
        this.#readsLeft.set(name, count + 1);
        const saw = this.#writes.get(name)?.saw;
        if (count === 0 && saw !== undefined) open.push(saw);
      }
    }
  }

  /** Derives what this version holds, and before it what those behind it hold. */
  #derive(name: string): void {
    const open = [name];
    const underWay = new Set<string>();
    for (let next = open.at(-1); next !== undefined; next = open.at(-1)) {
      const write = this.#known.has(next) ? undefined : this.#writes.get(next);
      if (write?.saw === undefined) {
        if (!this.#known.has(next)) this.#known.set(next, undefined);
        open.pop();
        continue;
      }
      const missing = write.saw.filter((seen) => !this.#known.has(seen));
      // What stands behind itself no client can have written, and nobody can say what it holds.
      const isCircle = underWay.has(next) && missing.length > 0;
      if (missing.length === 0 || isCircle) {
        this.#known.set(next, isCircle ? undefined : this.#written(write, write.saw));
        open.pop();
        continue;
      }
      underWay.add(next);
      for (const seen of missing) open.push(seen);
    }
  }

  #written({ f, value }: NamedWrite, saw: readonly string[]): Contents | undefined {
    const contents = this.#join(saw);
    const number = typeof value === "string" ? this.#numbers.get(value) : undefined;
    if (contents === undefined || number === undefined) return undefined;
    const { items, removed } = contents;
    if (f !== ADD) {
      items.delete(number);
      if (this.#reconcile === "or-set") removed.add(number);
    } else if (!removed.has(number)) {
      items.add(number);
    }
    return contents;
  }

  /** All of them as one, which the caller may change; undefined where one of them is not known. */
  #join(names: readonly string[]): Contents | undefined {
    const distinct = this.#reconcile === "lww" ? names.slice(0, 1) : [...new Set(names)];
    const found = distinct.map((name) => this.#known.get(name));
    this.#discount(names);
    const [first, ...others] = found;
    const [name] = distinct;
    if (name === undefined) return this.#nothing();
    if (first === undefined) return undefined;
    const joined = this.#readsLeft.get(name) === 0 ? first : copyOf(first);
    for (const other of others) {
      if (other === undefined) return undefined;
      joined.items.unite(other.items);
      joined.removed.unite(other.removed);
    }
    joined.items.subtract(joined.removed);
    return joined;
  }

  /** They were read once more; what nobody will read again is let go. */
  #discount(names: readonly string[]): void {
    for (const name of names) {
      const left = (this.#readsLeft.get(name) ?? 0) - 1;
      this.#readsLeft.set(name, left);
      if (left <= 0) this.#known.set(name, undefined);
    }
  }

  #nothing(): Contents {
    const count = this.#items.length;
    return { items: ItemSet.of(count), removed: ItemSet.of(count) };
  }
}

function copyOf({ items, removed }: Contents): Contents {
  return { items: items.copy(), removed: removed.copy() };
}
