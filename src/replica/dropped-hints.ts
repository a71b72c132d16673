import { md5 } from "../base/hash.ts";
import type { Clock } from "../env/clock.ts";
import { byteString, bytesOf } from "../storage/byte-strings.ts";
import type { DroppedHintsRow } from "./life-rows.ts";

export interface DroppedHintsOptions {
  /** `tombstoneGraceMs`; 0: nothing is remembered. */
  readonly graceMs: number;
  /** What the life before left: "none" where there was none, undefined where it is not known. */
  readonly before: DroppedHintsRow | "none" | undefined;
  /** Keys that are remembered at most. Default 65,536. */
  readonly keysMax?: number;
}

/**
 * Of which keys this node kept a hint until less than a grace ago (K-12; architecture, "Deletes").
 *
 * Problem: tombstones go once all nodes hold the same twice, a grace apart. A hint that came after the first time and was
 * delivered before the second shows in neither, and copies of it may be on their way that are seconds old. Sketch: whoever
 * dropped a hint goes on for a grace as if it was there. Bounded: keys beyond the bound make it every key for a grace, and so
 * does what an earlier life may have dropped without telling. Keys are MD5s; two of one hash only wait for each other.
 */
export class DroppedHints {
  readonly #clock: Clock;
  readonly #graceMs: number;
  readonly #keysMax: number;
  /** When a hint of the key was dropped, in this order. */
  readonly #droppedMs = new Map<string, number>();
  #everyKeyUntilMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, { graceMs, before, keysMax = KEYS_MAX }: DroppedHintsOptions) {
    this.#clock = clock;
    this.#graceMs = graceMs;
    this.#keysMax = keysMax;
    if (before === "none") return;
    // Their time was that of another clock, so they begin anew.
    if (before === undefined || before.graceMs < graceMs) this.droppedAny();
    else for (const hash of hashesIn(before)) this.#add(hash);
  }

  /** To be called when the hint is gone for good, under the key's lock. */
  dropped(keyText: string): void {
    this.#add(hashOf(keyText));
  }

  /** Hints are gone, and it is not known of which keys. */
  droppedAny(): void {
    this.#everyKeyUntilMs = this.#clock.monotonicMs() + this.#graceMs;
  }

  /** True where copies of a hint of the key may be on their way that are younger than the grace. */
  isRecent(keyText: string): boolean {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs < this.#everyKeyUntilMs) return true;
    this.#expire(nowMs);
    return this.#droppedMs.size > 0 && this.#droppedMs.has(hashOf(keyText));
  }

  /** For the next life; undefined where that must not rely on it. */
  row(): DroppedHintsRow | undefined {
    const nowMs = this.#clock.monotonicMs();
    if (this.#graceMs === 0 || nowMs < this.#everyKeyUntilMs) return undefined;
    this.#expire(nowMs);
    const hashes = Buffer.from([...this.#droppedMs.keys()].join(""), "latin1");
    return { graceMs: this.#graceMs, hashes: hashes.toString("base64") };
  }

  #add(hash: string): void {
    if (this.#graceMs === 0) return;
    const nowMs = this.#clock.monotonicMs();
    this.#expire(nowMs);
    // Deleted first: it goes to the end of the order.
    this.#droppedMs.delete(hash);
    if (this.#droppedMs.size < this.#keysMax) this.#droppedMs.set(hash, nowMs);
    else this.droppedAny();
  }

  #expire(nowMs: number): void {
    for (const [hash, droppedMs] of this.#droppedMs) {
      if (nowMs - droppedMs < this.#graceMs) return;
      this.#droppedMs.delete(hash);
    }
  }
}

/** Of 16 bytes each: a megabyte in the row of a life, some more in memory. */
const KEYS_MAX = 65_536;

const HASH_BYTES = 16;

function hashOf(keyText: string): string {
  return byteString(md5(bytesOf(keyText)));
}

function hashesIn({ hashes }: DroppedHintsRow): readonly string[] {
  const text = Buffer.from(hashes, "base64").toString("latin1");
  return Array.from({ length: Math.floor(text.length / HASH_BYTES) }, (_, at) =>
    text.slice(at * HASH_BYTES, (at + 1) * HASH_BYTES),
  );
}
