import { equalBytes } from "../base/bytes.ts";
import { sha256 } from "../base/hash.ts";
import type { HybridTime } from "../causality/hybrid-time.ts";
import type { HistoryVector } from "../protocol/messages.ts";
import type { Change, Issuer } from "./change.ts";
import { compareByIssuer, compareChanges } from "./change.ts";
import { encodeChange } from "./change-codec.ts";

/**
 * Why a change was not taken.
 * - `gap`: one of its issuer before it is missing. Who sends in order leaves none; it is taken when that one has come.
 * - `differs`: another change is known under its id. Neither is right: somebody issued a number twice.
 * - `time`: it is not later than the one before of its issuer.
 */
export interface RefusedChange {
  readonly change: Change;
  readonly reason: "gap" | "differs" | "time";
}

export interface Judgement {
  /** New, in the order in which they can be added. */
  readonly taken: readonly Change[];
  readonly refused: readonly RefusedChange[];
}

/**
 * The set of all changes that a node knows (paper 4.8.1, D-4.8.1-3). It only grows: two histories merge by union, in any order, as often as one likes.
 *
 * Of each issuer it holds the numbers from 1 on without a gap, so that a vector of the last ones says what it holds, and what
 * another lacks. A change behind a gap is not kept, for the vector could not tell of it: it would be sent again with each round, or, were it
 * counted, never again be asked for what is missing before it. Nothing is lost by that, as whoever has it has those before it.
 */
export class History {
  readonly #byIssuer = new Map<string, Change[]>();
  #ordered: readonly Change[] = [];
  readonly #digest = new Uint8Array(DIGEST_BYTES);

  /** What of these is new and may be added, in whatever order they stand. Changes nothing. */
  judge(changes: readonly Change[]): Judgement {
    const taken: Change[] = [];
    const refused: RefusedChange[] = [];
    let before: Change | undefined;
    for (const change of [...changes].sort(compareByIssuer)) {
      if (before?.issuer !== change.issuer) before = this.#byIssuer.get(change.issuer)?.at(-1);
      const known = before?.number === change.number ? before : this.#find(change);
      if (known !== undefined) {
        if (!isSame(known, change)) refused.push({ change, reason: "differs" });
      } else if (change.number !== (before?.number ?? 0) + 1) {
        refused.push({ change, reason: "gap" });
      } else if (before !== undefined && change.time <= before.time) {
        refused.push({ change, reason: "time" });
      } else {
        taken.push(change);
        before = change;
      }
    }
    return { taken, refused };
  }

  /** Takes what is new, and tells what was not taken. */
  add(changes: readonly Change[]): Judgement {
    const judgement = this.judge(changes);
    const { taken } = judgement;
    for (const change of taken) {
      this.#ofIssuer(change.issuer).push(change);
      const digest = sha256(encodeChange(change), DIGEST_BYTES);
      for (const [at, byte] of digest.entries()) this.#digest[at] = (this.#digest[at] ?? 0) ^ byte;
    }
    // A list that was handed out stays as it was.
    if (taken.length > 0) this.#ordered = [...this.#ordered, ...taken].sort(compareChanges);
    return judgement;
  }

  get size(): number {
    return this.#ordered.length;
  }

  /** All changes in the order in which they count. */
  inOrder(): readonly Change[] {
    return this.#ordered;
  }

  /** The latest time of a change; 0 where there is none. */
  get latest(): HybridTime {
    return this.#ordered.at(-1)?.time ?? 0;
  }

  /** The number of the issuer's last change; 0 where there is none. */
  lastNumber(issuer: Issuer): number {
    return this.#byIssuer.get(issuer)?.length ?? 0;
  }

  get vector(): HistoryVector {
    return new Map([...this.#byIssuer].map(([issuer, { length }]) => [issuer, length]));
  }

  /** 16 bytes, equal for equal sets: where two have one vector, it shows that two changes have one id. */
  get digest(): Uint8Array {
    return Uint8Array.from(this.#digest);
  }

  /** What a history of that vector lacks, in the order in which it counts and can be added. */
  missingFor(vector: HistoryVector): readonly Change[] {
    const missing: Change[] = [];
    for (const [issuer, changes] of this.#byIssuer) {
      const known = vector.get(issuer) ?? 0;
      if (known < changes.length) missing.push(...changes.slice(known));
    }
    return missing.sort(compareChanges);
  }

  #find({ issuer, number }: Change): Change | undefined {
    return this.#byIssuer.get(issuer)?.[number - 1];
  }

  #ofIssuer(issuer: Issuer): Change[] {
    let changes = this.#byIssuer.get(issuer);
    if (changes === undefined) {
      changes = [];
      this.#byIssuer.set(issuer, changes);
    }
    return changes;
  }
}

const DIGEST_BYTES = 16;

function isSame(left: Change, right: Change): boolean {
  return left === right || equalBytes(encodeChange(left), encodeChange(right));
}
