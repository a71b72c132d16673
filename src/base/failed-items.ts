import type { BackOff, BackOffOptions } from "./back-off.ts";
import { afterFailure } from "./back-off.ts";

/**
 * Items of a long list that failed while others went through, each with a back-off of its own: so one that fails again and again
 * is tried ever more rarely, never given up, and holds up nothing else.
 */
export class FailedItems {
  readonly #backOffs = new Map<string, BackOff>();
  readonly #options: BackOffOptions;

  constructor(options: BackOffOptions) {
    this.#options = options;
  }

  /** Items whose last try failed. */
  get count(): number {
    return this.#backOffs.size;
  }

  has(id: string): boolean {
    return this.#backOffs.has(id);
  }

  /** True while it is too early to try the item again. */
  isHeldBack(id: string, nowMs: number): boolean {
    return nowMs < (this.#backOffs.get(id)?.untilMs ?? Number.NEGATIVE_INFINITY);
  }

  /** How many items that goes for. */
  heldBackCount(nowMs: number): number {
    let count = 0;
    for (const { untilMs } of this.#backOffs.values()) count += Number(nowMs < untilMs);
    return count;
  }

  /** The item failed once more; gives how often in a row. `chance` is uniform in [0, 1). */
  failed(id: string, at: { readonly nowMs: number; readonly chance: number }): number {
    const backOff = afterFailure(this.#backOffs.get(id), at, this.#options);
    this.#backOffs.delete(id);
    this.#backOffs.set(id, backOff);
    if (this.#backOffs.size > ITEMS_MAX) this.#forgetOldest();
    return backOff.failures;
  }

  succeeded(id: string): void {
    this.#backOffs.delete(id);
  }

  /** The list was gone through to its end and held only these: the others are forgotten. */
  keepOnly(ids: ReadonlySet<string>): void {
    for (const id of this.#backOffs.keys()) {
      if (!ids.has(id)) this.#backOffs.delete(id);
    }
  }

  /** One more of those is tried too early, which costs less than remembering them all. */
  #forgetOldest(): void {
    for (const oldest of this.#backOffs.keys()) {
      this.#backOffs.delete(oldest);
      return;
    }
  }
}

const ITEMS_MAX = 4_096;
