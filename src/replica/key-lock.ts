/**
 * One holder at a time for each key, first come first served. A free key costs one Map entry and no promise; nothing is
 * kept of a key that nobody holds. As many can wait as callers there are: the stages above bound those.
 */
export class KeyLock {
  /** Who waits for each key that is held; undefined where nobody does. */
  readonly #waiting = new Map<string, (() => void)[] | undefined>();

  /** Undefined where the key was free and is now the caller's, else a promise of the caller's turn. */
  acquire(key: string): Promise<void> | undefined {
    if (!this.#waiting.has(key)) {
      this.#waiting.set(key, undefined);
      return undefined;
    }
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(key);
      if (waiting === undefined) {
        this.#waiting.set(key, [resolve]);
      } else {
        waiting.push(resolve);
      }
    });
  }

  /** Hands the key to whoever waits longest. Only its holder may call this, once. */
  release(key: string): void {
    const next = this.#waiting.get(key)?.shift();
    if (next === undefined) {
      this.#waiting.delete(key);
    } else {
      next();
    }
  }

  /** Keys that are held now. */
  get heldCount(): number {
    return this.#waiting.size;
  }
}
