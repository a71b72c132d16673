import type { Clock, Timer } from "../../../../src/env/clock.ts";
import type { StorageError, Write } from "../../../../src/storage/engine.ts";
import type { Enter } from "./sim-disk-options.ts";

export interface CommitQueueParts {
  readonly clock: Clock;
  /** How long the commit of a group that begins now will take. */
  readonly delayMs: (writes: readonly Write[]) => number;
  /** Ends the commit of a group: stores it, or tells why that cannot be. */
  readonly commit: (writes: readonly Write[]) => StorageError | undefined;
  /** Through which those learn that a commit has ended who wait for it. */
  readonly enter: Enter;
  /** Called when a commit has ended and no other waits. */
  readonly idle: () => void;
}

/**
 * Gathers writes into commit groups as LMDB's engine does: one commit at a time, and what arrives meanwhile goes into the
 * next. A commit takes one timer, or none where it takes no time.
 */
export class CommitQueue {
  readonly #parts: CommitQueueParts;
  #committing: Group | undefined;
  #waiting: Group | undefined;
  #timer: Timer | undefined;

  constructor(parts: CommitQueueParts) {
    this.#parts = parts;
  }

  get isIdle(): boolean {
    return this.#committing === undefined && this.#waiting === undefined;
  }

  /** The promise of the group these writes go with. */
  add(writes: readonly Write[]): Promise<void> {
    this.#waiting ??= newGroup();
    this.#waiting.writes.push(...writes);
    const { promise } = this.#waiting;
    this.#beginNext();
    return promise;
  }

  /** Ends everything: no promise settles any more. Returns the groups under way, in their order. */
  kill(): readonly (readonly Write[])[] {
    this.#timer?.cancel();
    const groups = [this.#committing, this.#waiting].filter((group) => group !== undefined);
    this.#committing = undefined;
    this.#waiting = undefined;
    return groups.map(({ writes }) => writes);
  }

  #beginNext(): void {
    if (this.#committing !== undefined || this.#waiting === undefined) {
      return;
    }
    this.#committing = this.#waiting;
    this.#waiting = undefined;
    const delayMs = this.#parts.delayMs(this.#committing.writes);
    if (delayMs > 0) {
      this.#timer = this.#parts.clock.setTimer(delayMs, () => this.#end());
    } else {
      this.#end();
    }
  }

  #end(): void {
    const group = this.#committing;
    if (group === undefined) {
      return;
    }
    const failure = this.#parts.commit(group.writes);
    this.#committing = undefined;
    this.#parts.enter(failure === undefined ? group.resolve : () => group.reject(failure));
    this.#beginNext();
    if (this.isIdle) {
      this.#parts.idle();
    }
  }
}

interface Group {
  readonly writes: Write[];
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: StorageError) => void;
}

function newGroup(): Group {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  return { writes: [], promise, resolve, reject };
}
