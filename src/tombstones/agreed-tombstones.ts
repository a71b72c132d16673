import { equalBytes } from "../base/bytes.ts";
import type { Tombstone } from "../replica/tombstone-rows.ts";
import { byteString } from "../storage/byte-strings.ts";

/**
 * When all nodes first agreed on a key's tombstones. They go only `graceMs` after that, and after agreeing again: what was still
 * on its way at the first time has arrived by then, and shows, and so does a hint that came and went (DroppedHints). Bounded;
 * what does not fit waits for another walk.
 */
export class AgreedTombstones {
  readonly #graceMs: number;
  readonly #since = new Map<string, { readonly digest: Uint8Array; readonly sinceMs: number }>();

  constructor(graceMs: number) {
    this.#graceMs = graceMs;
  }

  get count(): number {
    return this.#since.size;
  }

  agreed({ key, digest }: Tombstone, nowMs: number): void {
    if (this.#since.size < AGREED_MAX) this.#since.set(byteString(key), { digest, sinceMs: nowMs });
  }

  /** Undefined: never agreed on, or on another record; true: long enough ago. */
  isRipe({ key, digest }: Tombstone, nowMs: number): boolean | undefined {
    const known = this.#since.get(byteString(key));
    if (known === undefined || !equalBytes(known.digest, digest)) return undefined;
    return nowMs - known.sinceMs >= this.#graceMs;
  }

  forget({ key }: Tombstone): void {
    this.#since.delete(byteString(key));
  }

  clear(): void {
    this.#since.clear();
  }

  /** Forgets what was agreed on so long ago that its key cannot be tombstones any more: a walk would have come by. */
  expire(beforeMs: number): void {
    for (const [key, { sinceMs }] of this.#since) {
      if (sinceMs < beforeMs) this.#since.delete(key);
    }
  }
}

const AGREED_MAX = 100_000;
