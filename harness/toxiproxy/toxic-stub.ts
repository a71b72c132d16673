import type { Chunk, ChunkQueue } from "./chunk-queue.ts";

/**
 * How a toxic closes the connection: in order (FIN after what was passed on) or by a reset (RST, at
 * once).
 */
export type ClosingManner = "orderly" | "reset";

/**
 * What `read` answers besides a chunk: the source ended, the toxic must stop, or nothing came in
 * time.
 */
export type Interruption = "end" | "interrupted" | "timeout";

/**
 * The place of one toxic in one link: what a toxic's `pipe` reads from, writes to and waits on.
 *
 * A toxic is a loop that stops when told so. To be told, it must wait only by the methods here,
 * each of which returns at once after `interrupt`; a chunk in hand is then written, never dropped,
 * unless dropping is what the toxic is for. Since no wait outlasts an interruption, adding,
 * changing and removing toxics never hangs the API.
 */
export class ToxicStub {
  readonly random: () => number;
  /** Survives updates of the toxic, as limit_data must go on counting. */
  readonly state = { transmittedBytes: 0 };

  readonly #input: ChunkQueue;
  readonly #onClose: (manner: ClosingManner) => void;
  #output: ChunkQueue;
  #waiter: (() => void) | undefined;
  #interrupted = false;
  #closed = false;

  constructor(parts: {
    readonly input: ChunkQueue;
    readonly output: ChunkQueue;
    readonly random: () => number;
    readonly onClose: (manner: ClosingManner) => void;
  }) {
    this.#input = parts.input;
    this.#output = parts.output;
    this.random = parts.random;
    this.#onClose = parts.onClose;
  }

  get closed(): boolean {
    return this.#closed;
  }

  get output(): ChunkQueue {
    return this.#output;
  }

  set output(queue: ChunkQueue) {
    this.#output = queue;
    this.wake();
  }

  /**
   * The next chunk, or why there is none.
   *
   * @param timeoutMs how long to wait for it; for ever unless given.
   */
  async read(timeoutMs = Number.POSITIVE_INFINITY): Promise<Chunk | Interruption> {
    const deadlineMs = performance.now() + timeoutMs;
    let timer: NodeJS.Timeout | undefined;
    try {
      for (;;) {
        if (this.#interrupted) return "interrupted";
        const chunk = this.#input.shift();
        if (chunk !== undefined) return chunk;
        if (this.#input.finished) return "end";
        const remainingMs = deadlineMs - performance.now();
        if (remainingMs <= 0) return "timeout";
        if (remainingMs !== Number.POSITIVE_INFINITY) {
          clearTimeout(timer);
          timer = setTimeout(() => this.wake(), Math.ceil(remainingMs));
        }
        await this.#wait();
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** Passes a chunk on and waits until the next stage has room for more. */
  async write(chunk: Chunk): Promise<void> {
    this.#output.push(chunk);
    while (this.#output.full && !this.#interrupted) await this.#wait();
  }

  /**
   * Waits; never wakes early, since Node's timers may fire up to a millisecond before their time.
   */
  async sleep(durationMs: number): Promise<"elapsed" | "interrupted"> {
    const deadlineMs = performance.now() + durationMs;
    for (;;) {
      if (this.#interrupted) return "interrupted";
      const remainingMs = deadlineMs - performance.now();
      if (remainingMs <= 0) return "elapsed";
      await this.#waitAtMost(remainingMs);
    }
  }

  /** Ends the stream after what was written. Nothing that still arrives is read. */
  close(manner: ClosingManner = "orderly"): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#onClose(manner);
    this.#output.end();
  }

  /** Makes the running toxic return; call `resume` before running another one. */
  interrupt(): void {
    this.#interrupted = true;
    this.wake();
  }

  resume(): void {
    this.#interrupted = false;
  }

  /** Lets a waiting toxic look again at its queues. */
  wake(): void {
    const waiter = this.#waiter;
    this.#waiter = undefined;
    waiter?.();
  }

  #wait(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiter = resolve;
    });
  }

  async #waitAtMost(durationMs: number): Promise<void> {
    // A timer cannot be shorter than a millisecond; the slicer's delays are microseconds, so they
    // turn the event loop instead.
    if (durationMs < 1) {
      const immediate = setImmediate(() => this.wake());
      await this.#wait();
      clearImmediate(immediate);
      return;
    }
    const timer = setTimeout(() => this.wake(), Math.ceil(durationMs));
    await this.#wait();
    clearTimeout(timer);
  }
}
