/**
 * A piece of a byte stream and the moment it was read from its source, in milliseconds of the
 * monotonic clock.
 */
export interface Chunk {
  readonly data: Buffer;
  readonly readAtMs: number;
}

/** The most bytes one queue may hold before it counts as full, however few chunks that are. */
const QUEUE_SIZE_BYTES_MAX = 32 * 1024 * 1024;

/**
 * The pipe between two toxics of a link: chunks in order, then perhaps the end of the stream.
 *
 * `push` never refuses, since a toxic that is interrupted must be able to hand on what it holds;
 * whoever pushes looks at `full` afterwards and waits for `onRoom`. That bounds the queue at its
 * limit plus one chunk.
 */
export class ChunkQueue {
  /** Called after a chunk or the end arrived. */
  onReadable: () => void = ignore;
  /** Called when a full queue has room again. */
  onRoom: () => void = ignore;

  readonly #limitChunks: number;
  #chunks: Chunk[] = [];
  #next = 0;
  #sizeBytes = 0;
  #ended = false;

  /**
   * @param bufferChunks how many chunks fit before the queue is full; 0 works like an unbuffered
   * channel.
   */
  constructor(bufferChunks: number) {
    this.#limitChunks = Math.max(1, bufferChunks);
  }

  get full(): boolean {
    return this.#length >= this.#limitChunks || this.#sizeBytes >= QUEUE_SIZE_BYTES_MAX;
  }

  /** True once the end has arrived and everything before it was taken. */
  get finished(): boolean {
    return this.#ended && this.#length === 0;
  }

  push(chunk: Chunk): void {
    this.#chunks.push(chunk);
    this.#sizeBytes += chunk.data.length;
    this.onReadable();
  }

  end(): void {
    this.#ended = true;
    this.onReadable();
  }

  shift(): Chunk | undefined {
    const chunk = this.#chunks[this.#next];
    if (chunk === undefined) return undefined;
    const wasFull = this.full;
    this.#next += 1;
    this.#sizeBytes -= chunk.data.length;
    if (this.#next === this.#chunks.length || this.#next >= 1024) {
      this.#chunks = this.#chunks.slice(this.#next);
      this.#next = 0;
    }
    if (wasFull && !this.full) this.onRoom();
    return chunk;
  }

  /**
   * Hands everything on, the end included: what remains to be done when the toxic behind this queue
   * is removed.
   */
  moveInto(output: ChunkQueue): void {
    for (let chunk = this.shift(); chunk !== undefined; chunk = this.shift()) output.push(chunk);
    if (this.#ended) output.end();
  }

  clear(): void {
    this.#chunks = [];
    this.#next = 0;
    this.#sizeBytes = 0;
  }

  get #length(): number {
    return this.#chunks.length - this.#next;
  }
}

function ignore(): void {}
