/**
 * Problem: a body comes in chunks as small as its sender likes, and each is a buffer of its own, which takes hundreds of bytes
 * however few it carries; a node that counts the bytes alone would run out of memory long before its count says so.
 * Sketch: the first chunk is kept as it came, since most bodies have no other. Of the rest the small ones are copied into pieces that
 * are filled to the end, so that memory follows from the bytes, and only large ones are kept as they came.
 */
export class BodyPieces {
  readonly #pieces: Buffer[] = [];
  /** The piece that is being filled; undefined where none is. */
  #open: Buffer | undefined;
  #openBytes = 0;

  add(chunk: Buffer): void {
    if (this.#pieces.length === 0) {
      this.#pieces.push(chunk);
      return;
    }
    const rest = this.#fill(chunk);
    if (rest.length >= KEPT_BYTES_MIN) {
      this.#pieces.push(rest);
    } else if (rest.length > 0) {
      this.#open = Buffer.allocUnsafeSlow(PIECE_BYTES);
      this.#openBytes = rest.copy(this.#open);
    }
  }

  /** All that was added, in order; the pieces are let go. */
  whole(): Uint8Array {
    this.#close();
    const [first] = this.#pieces;
    const whole = this.#pieces.length === 1 && first ? first : Buffer.concat(this.#pieces);
    this.clear();
    return whole;
  }

  clear(): void {
    this.#pieces.length = 0;
    this.#open = undefined;
  }

  /** Puts as much as there is room for into the open piece, and gives what is left. */
  #fill(chunk: Buffer): Buffer {
    if (this.#open === undefined) return chunk;
    const copiedBytes = chunk.copy(this.#open, this.#openBytes);
    this.#openBytes += copiedBytes;
    if (copiedBytes < chunk.length) this.#close();
    return chunk.subarray(copiedBytes);
  }

  #close(): void {
    if (this.#open === undefined) return;
    this.#pieces.push(this.#open.subarray(0, this.#openBytes));
    this.#open = undefined;
  }
}

/** Below it a chunk is copied. */
const KEPT_BYTES_MIN = 4 * 1_024;
const PIECE_BYTES = 16 * 1_024;
