/**
 * The keys of one table of the memory engine in order, sorted no sooner than a scan asks for it.
 *
 * Adding is one push, removing is nothing at all: a removed key stays here until the next rebuild, and whoever walks
 * the keys skips what the table no longer holds. A walk first sorts what was added since the last one and merges it
 * in. Where more keys have come and gone than the table holds, all is built anew from the table, so that churn
 * without scans cannot grow the lists.
 */
export class SortedKeys {
  #sorted: string[] = [];
  #added: string[] = [];
  #rebuild = false;

  /** To be called once for each key that the table did not hold. */
  add(key: string, heldCount: number): void {
    this.#added.push(key);
    if (this.#sorted.length + this.#added.length > 2 * heldCount + SLACK_KEYS_MAX) {
      this.#sorted = [];
      this.#added = [];
      this.#rebuild = true;
    }
  }

  /** Keys of `held` in order from the first that is not before `from`. `held` must not change during the walk. */
  *from(from: string, held: ReadonlyMap<string, unknown>): Generator<string> {
    this.#refresh(held);
    const sorted = this.#sorted;
    for (let index = lowerBound(sorted, from); index < sorted.length; index += 1) {
      const key = sorted[index];
      if (key !== undefined && held.has(key)) {
        yield key;
      }
    }
  }

  #refresh(held: ReadonlyMap<string, unknown>): void {
    if (this.#rebuild) {
      this.#sorted = [...held.keys()].sort();
      this.#added = [];
      this.#rebuild = false;
    } else if (this.#added.length > 0) {
      this.#sorted = mergeHeld(this.#sorted, this.#added.sort(), held);
      this.#added = [];
    }
  }
}

const SLACK_KEYS_MAX = 4_096;

/** Union of two ascending lists, each key once, without those that are no longer held. */
function mergeHeld(
  left: readonly string[],
  right: readonly string[],
  held: ReadonlyMap<string, unknown>,
): string[] {
  const merged: string[] = [];
  let leftIndex = 0;
  let rightIndex = 0;
  let last: string | undefined;
  for (;;) {
    const fromLeft = left[leftIndex];
    const fromRight = right[rightIndex];
    let next: string;
    if (fromLeft !== undefined && (fromRight === undefined || fromLeft <= fromRight)) {
      next = fromLeft;
      leftIndex += 1;
    } else if (fromRight !== undefined) {
      next = fromRight;
      rightIndex += 1;
    } else {
      return merged;
    }
    if (next !== last && held.has(next)) {
      merged.push(next);
    }
    last = next;
  }
}

function lowerBound(sorted: readonly string[], from: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const key = sorted[middle];
    if (key !== undefined && key < from) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}
