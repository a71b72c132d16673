import { ByteStrings, bytesOf } from "../storage/byte-strings.ts";

/**
 * Rows that changed since somebody last looked at a tree.
 *
 * Problem: a row that is written often is looked at seldom, and each of its records was hashed. Sketch: its last state is kept
 * until it is asked for. Bounded: what is kept is a few hundred rows that were just written, and at most a megabyte of them.
 *
 * They are copied to one place. Kept as they came, each row outlived its request, and with it 64 KiB of Node's buffer pool that it was
 * made in: garbage that only the slow collector finds.
 */
export class ChangedRows {
  readonly #settle: (rowKey: Uint8Array, row: Uint8Array | undefined) => void;
  /** Numbers of the rows by their keys as byte strings. */
  readonly #numbers = new Map<string, number>();
  /** By number: where the row begins, and how long it is; `REMOVED`: there is none any more. */
  readonly #starts = new Int32Array(ROWS_MAX);
  readonly #sizes = new Int32Array(ROWS_MAX);
  readonly #texts = new ByteStrings();
  #bytes = NOTHING;
  /** Rows that were overtaken here are counted, too. */
  #sizeBytes = 0;

  constructor(settle: (rowKey: Uint8Array, row: Uint8Array | undefined) => void) {
    this.#settle = settle;
  }

  /** Keeps the row as it is. */
  add(rowKey: Uint8Array, row: Uint8Array | undefined): void {
    const sizeBytes = row?.length ?? 0;
    const isFull = this.#numbers.size === ROWS_MAX || this.#sizeBytes + sizeBytes > SIZE_BYTES_MAX;
    if (isFull) this.settle();
    if (sizeBytes > SIZE_BYTES_MAX) {
      this.#settle(rowKey, row);
      return;
    }
    const text = this.#texts.of(rowKey);
    const number = this.#numbers.get(text) ?? this.#numbers.size;
    this.#numbers.set(text, number);
    this.#starts[number] = this.#sizeBytes;
    this.#sizes[number] = row === undefined ? REMOVED : sizeBytes;
    if (row !== undefined) this.#copy(row);
  }

  /** Hands over all that are kept; a row that is handed over is good until the call returns. */
  settle(): void {
    if (this.#numbers.size === 0) return;
    for (const [text, number] of this.#numbers) {
      const start = this.#starts[number] ?? 0;
      const sizeBytes = this.#sizes[number] ?? REMOVED;
      const row =
        sizeBytes === REMOVED ? undefined : this.#bytes.subarray(start, start + sizeBytes);
      this.#settle(bytesOf(text), row);
    }
    this.#numbers.clear();
    this.#sizeBytes = 0;
  }

  #copy(row: Uint8Array): void {
    const end = this.#sizeBytes + row.length;
    if (end > this.#bytes.length) {
      const grown = Buffer.allocUnsafeSlow(Math.min(SIZE_BYTES_MAX, 2 * end));
      grown.set(this.#bytes.subarray(0, this.#sizeBytes));
      this.#bytes = grown;
    }
    this.#bytes.set(row, this.#sizeBytes);
    this.#sizeBytes = end;
  }
}

const ROWS_MAX = 512;
const SIZE_BYTES_MAX = 1 << 20;
const REMOVED = -1;
const NOTHING = Buffer.alloc(0);
