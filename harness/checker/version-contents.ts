/*
 * What each version of a cart must hold, derived from what its writer did: what the versions hold that it had read, joined, and the
 * one item that it put in or took out. From the history's names alone, in code of its own, so that neither the store nor the
 * clients' reconciler is asked about itself.
 *
 * A cart may be long and its versions many, so what a version holds is kept only while somebody is still to read it, and handed on
 * to who reads it last.
 */

import { ADD } from "../history/cart-operation.ts";
import type { Operation } from "../history/operation.ts";
import type { Reconciler } from "../run/plan.ts";

/** A write that told its name. */
export interface NamedWrite extends Pick<Operation, "f" | "value"> {
  /** Names of the versions that it had read; undefined where one of them had none. */
  readonly saw: readonly string[] | undefined;
}

export interface Contents {
  readonly items: ReadonlySet<string>;
  /** Items that were taken out for good; always empty unless carts are OR-sets. */
  readonly removed: ReadonlySet<string>;
}

interface OpenContents {
  readonly items: Set<string>;
  readonly removed: Set<string>;
}

export class VersionContents {
  readonly #writes: ReadonlyMap<string, NamedWrite>;
  readonly #reconcile: Reconciler;
  /** Undefined: derived, and nobody can know. */
  readonly #known = new Map<string, OpenContents | undefined>();
  /** How often each version is still to be read. */
  readonly #readsLeft = new Map<string, number>();

  /** `reads`: the names in each read that `take` will be asked for. */
  constructor(
    writes: ReadonlyMap<string, NamedWrite>,
    reads: Iterable<readonly string[]>,
    reconcile: Reconciler,
  ) {
    this.#writes = writes;
    this.#reconcile = reconcile;
    for (const { saw } of writes.values()) this.#announce(saw ?? []);
    for (const names of reads) this.#announce(names);
  }

  /** What a read of these versions must show; undefined where a version without a name stands behind them. To be asked for once. */
  take(names: readonly string[]): Contents | undefined {
    for (const name of names) this.#derive(name);
    return this.#join(names);
  }

  #announce(names: readonly string[]): void {
    for (const name of names) this.#readsLeft.set(name, (this.#readsLeft.get(name) ?? 0) + 1);
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
      // What stands behind itself no client can have written; another checker tells of it.
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

  #written({ f, value }: NamedWrite, saw: readonly string[]): OpenContents | undefined {
    const contents = this.#join(saw);
    if (contents === undefined || typeof value !== "string") return undefined;
    const { items, removed } = contents;
    if (f !== ADD) {
      items.delete(value);
      if (this.#reconcile === "or-set") removed.add(value);
    } else if (!removed.has(value)) {
      items.add(value);
    }
    return contents;
  }

  /** All of them as one, which the caller may change; undefined where one of them is not known. */
  #join(names: readonly string[]): OpenContents | undefined {
    const distinct = this.#reconcile === "lww" ? names.slice(0, 1) : [...new Set(names)];
    const found = distinct.map((name) => ({ name, contents: this.#known.get(name) }));
    this.#discount(names);
    let longest: { readonly name: string; readonly contents: OpenContents } | undefined;
    for (const { name, contents } of found) {
      if (contents === undefined) return undefined;
      if (contents.items.size >= (longest?.contents.items.size ?? 0)) longest = { name, contents };
    }
    if (longest === undefined) return { items: new Set(), removed: new Set() };
    const isFree = this.#readsLeft.get(longest.name) === 0;
    const joined = isFree ? longest.contents : copyOf(longest.contents);
    if (found.length === 1) return joined;
    for (const { contents } of found) {
      for (const item of contents?.items ?? []) joined.items.add(item);
      for (const item of contents?.removed ?? []) joined.removed.add(item);
    }
    for (const item of joined.removed) joined.items.delete(item);
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
}

function copyOf({ items, removed }: OpenContents): OpenContents {
  return { items: new Set(items), removed: new Set(removed) };
}
