/**
 * One holder at a time for each key, first come first served. A free key costs one Map entry and no promise; nothing is
 * kept of a key that nobody holds. As many can wait as callers there are: the stages above bound those, and a caller that has
 * given up leaves at once.
 */
export class KeyLock {
  /** Who waits for each key that is held; undefined where nobody does. */
  readonly #waiting = new Map<string, Set<(isMine: boolean) => void> | undefined>();

  /** Undefined where the key was free and is now the caller's. */
  acquire(key: string): Turn | undefined {
    if (!this.#waiting.has(key)) {
      this.#waiting.set(key, undefined);
      return undefined;
    }
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const waiting = this.#waiting.get(key) ?? new Set();
    waiting.add(resolve);
    this.#waiting.set(key, waiting);
    return {
      comes: promise,
      leave: () => {
        if (waiting.delete(resolve)) resolve(false);
      },
    };
  }

  /** Hands the key to whoever waits longest. Only its holder may call this, once. */
  release(key: string): void {
    const waiting = this.#waiting.get(key);
    if (waiting !== undefined) {
      for (const next of waiting) {
        waiting.delete(next);
        next(true);
        return;
      }
    }
    this.#waiting.delete(key);
  }

  /** Keys that are held now. */
  get heldCount(): number {
    return this.#waiting.size;
  }
}

/** A place in the queue of a key. */
export interface Turn {
  /** True: the key is the caller's. False: the caller left before. */
  readonly comes: Promise<boolean>;
  /** Gives the place up; nothing where the key is the caller's already. */
  leave(): void;
}
