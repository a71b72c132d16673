import type { KeyVersions } from "./version-graph.ts";
import { followersOf, oldestIndexOf, pastOf, whoSawEach } from "./version-graph.ts";

/** Shown beside others by as many reads, or twice as many, four times ..., and who has seen a version is looked for. */
const READS_MIN = 32;
/** So many of these are looked for, at most, for each such read. */
const FOLLOWERS_PER_READ = 64;

/**
 * Finds versions of a key that a read shows beside one whose writer had seen them. Which those are, a walk through the past of each version
 * shown tells, as far back as the oldest of them; and a version that came back and stays would have every later read walk back to it. So
 * whoever has seen one that lasts is found out once.
 */
export class LastingSiblings {
  readonly #history: KeyVersions;
  readonly #reads = new Map<string, number>();
  readonly #followers = new Map<string, ReadonlySet<string>>();
  #whoSaw: ReadonlyMap<string, readonly string[]> | undefined;

  constructor(history: KeyVersions) {
    this.#history = history;
  }

  /** `saw`: of one read, each name once. The first version that has seen another of them, and that one; undefined where there is none. */
  falseSiblingIn(
    saw: readonly string[],
  ): { readonly version: string; readonly other: string } | undefined {
    for (const name of saw) this.#count(name);
    const passing = saw.filter((name) => !this.#followers.has(name));
    const oldest = oldestIndexOf(this.#history, passing);
    const pastOfThese = (names: readonly string[]) =>
      passing.length === 0 ? NOTHING : pastOf(this.#history, names, oldest);
    // Mostly there are none, and one walk tells so, however many are shown.
    const seen = this.#seenBy(saw, pastOfThese(saw));
    if (seen.length === 0) return undefined;
    for (const other of saw) {
      const past = pastOfThese([other]);
      const version = seen.find((name) => this.#followers.get(name)?.has(other) ?? past.has(name));
      if (version !== undefined) return { version, other };
    }
    return undefined;
  }

  /** Which of these one of them has seen. `past`: what all of them have seen, as far as who has seen it is not known once for all. */
  #seenBy(saw: readonly string[], past: ReadonlySet<string>): readonly string[] {
    const shown = new Set(saw);
    return saw.filter((name) => {
      const followers = this.#followers.get(name);
      return followers === undefined ? past.has(name) : !followers.isDisjointFrom(shown);
    });
  }

  #count(name: string): void {
    const reads = (this.#reads.get(name) ?? 0) + 1;
    this.#reads.set(name, reads);
    const isTime = reads >= READS_MIN && Number.isInteger(Math.log2(reads));
    if (!isTime || this.#followers.has(name)) return;
    this.#whoSaw ??= whoSawEach(this.#history);
    const followers = followersOf(name, this.#whoSaw, reads * FOLLOWERS_PER_READ);
    if (followers !== undefined) this.#followers.set(name, followers);
  }
}

const NOTHING: ReadonlySet<string> = new Set();
