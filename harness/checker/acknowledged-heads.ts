/*
 * The versions of one key acknowledged so far, and which of them a read does not show.
 *
 * Problem. A version that another one acknowledged later has seen need not be looked for: who shows the later one shows it too. That
 * leaves few, the heads, and of the past of what a read shows no more is walked than can lead to the oldest of them. But a version that
 * the store lost stays a head for good, and every later read would be walked back to it: 16,000 operations took 22 s.
 * Sketch. A head that others pass over time and again is walked from once, the other way: to all versions whose writers have seen
 * it. Of a lost one these are few or none. Then it is looked up, stands apart, and holds up no walk. How far is walked grows with how often
 * it was passed over, so that a head seen by many, late, costs no more than the walks that it saves. A store that loses thousands leaves as many
 * apart, which are neither sorted nor gone through again for any operation: each has its slot.
 */

import { NumberedSlots } from "./numbered-slots.ts";
import { depthsOfUnknown } from "./unknown-pasts.ts";
import type { KeyVersions, WrittenVersion } from "./version-graph.ts";
import { followersOf, pastOf, whoSawEach } from "./version-graph.ts";

export interface MissedVersion {
  readonly missed: WrittenVersion;
  /** False where a version without a name may have seen what is missed. */
  readonly isCertain: boolean;
}

/** Passed over as often, or twice as often, four times ..., and a head's followers are looked for. */
const PASSED_MIN = 8;
/** So many followers are looked for, at most, for each time that the head was passed over. */
const FOLLOWERS_PER_PASS = 16;

interface Head {
  readonly version: WrittenVersion;
  /** In the order in which they were added. */
  readonly position: number;
  /** How many were added since then whose writers had not seen it. */
  passed: number;
}

export class AcknowledgedHeads {
  readonly #history: KeyVersions;
  /** All that were added, by their position. */
  readonly #added: Head[] = [];
  /** Looked for in the past of what is shown; in the order of their positions. */
  readonly #walked = new Map<string, Head>();
  /** Of each head apart, in the slot of its position, when it was begun. */
  readonly #apart: NumberedSlots;
  /** By name of a version: the heads apart, and some that once were, that it is or that its past holds. */
  readonly #apartBy = new Map<string, Head[]>();
  #whoSaw: ReadonlyMap<string, readonly string[]> | undefined;
  #unknownDepths: ReadonlyMap<string, number> | undefined;

  constructor(history: KeyVersions) {
    this.#history = history;
    this.#apart = new NumberedSlots(history.versions.size);
  }

  /** Each version once, in the order in which they were acknowledged. */
  add(version: WrittenVersion): void {
    const past = pastOf(this.#history, [version.name], oldestOf(this.#walked.values()));
    for (const { position } of this.#apartSeenBy(version.name)) this.#apart.clear(position);
    for (const [name, head] of this.#walked) {
      if (past.has(name)) this.#walked.delete(name);
      else this.#passOver(head);
    }
    const head = { version, position: this.#added.length, passed: 0 };
    this.#added.push(head);
    this.#walked.set(version.name, head);
  }

  /** The first that is neither shown nor was seen by what is; undefined where there is none. */
  missingIn(saw: readonly string[]): MissedVersion | undefined {
    const apart = this.#firstApartUnseen(saw);
    const before = apart?.position ?? Number.POSITIVE_INFINITY;
    const missing = this.#firstUnseen(saw, before) ?? apart;
    if (missing === undefined) return undefined;
    return { missed: missing.version, isCertain: this.#isKnown(saw) };
  }

  #firstApartUnseen(saw: readonly string[]): Head | undefined {
    const shown = new Set(saw.flatMap((name) => this.#apartSeenBy(name)));
    let next = this.#apart.nextFrom(0);
    while (next !== undefined) {
      const head = this.#added[next];
      if (head !== undefined && !shown.has(head)) return head;
      next = this.#apart.nextFrom(next + 1);
    }
    return undefined;
  }

  /** The heads apart that this version is or that its past holds; those that no longer are are let go, lest they be gone through again. */
  #apartSeenBy(name: string): readonly Head[] {
    const heads = this.#apartBy.get(name);
    if (heads === undefined) return [];
    const left = heads.filter(({ position }) => this.#apart.has(position));
    if (left.length < heads.length) this.#apartBy.set(name, left);
    return left;
  }

  #firstUnseen(saw: readonly string[], before: number): Head | undefined {
    const unshown = [...this.#walked.values()].filter(
      ({ version, position }) => position < before && !saw.includes(version.name),
    );
    if (unshown.length === 0) return undefined;
    const past = pastOf(this.#history, saw, oldestOf(unshown));
    return unshown.find(({ version }) => !past.has(version.name));
  }

  #passOver(head: Head): void {
    head.passed += 1;
    const isTime = head.passed >= PASSED_MIN && Number.isInteger(Math.log2(head.passed));
    if (!isTime) return;
    const { name: passed } = head.version;
    this.#whoSaw ??= whoSawEach(this.#history);
    const followers = followersOf(passed, this.#whoSaw, head.passed * FOLLOWERS_PER_PASS);
    if (followers === undefined) return;
    this.#walked.delete(passed);
    this.#apart.set(head.position, head.version.begunIndex);
    for (const name of [passed, ...followers]) {
      const heads = this.#apartBy.get(name);
      if (heads === undefined) this.#apartBy.set(name, [head]);
      else heads.push(head);
    }
  }

  /** True where all names have writers, as far back as a head was begun, or none of those that have not can be a client's. */
  #isKnown(saw: readonly string[]): boolean {
    if (this.#history.unnamed.length === 0) return true;
    this.#unknownDepths ??= depthsOfUnknown(this.#history);
    const depths = this.#unknownDepths;
    const oldest = Math.min(oldestOf(this.#walked.values()), this.#apart.least);
    return saw.every(
      (name) =>
        this.#history.versions.has(name) && (depths.get(name) ?? Number.NEGATIVE_INFINITY) < oldest,
    );
  }
}

/** When the first of them was begun. */
function oldestOf(heads: Iterable<Head>): number {
  let oldest = Number.POSITIVE_INFINITY;
  for (const { version } of heads) oldest = Math.min(oldest, version.begunIndex);
  return oldest;
}
