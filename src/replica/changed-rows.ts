import { ByteStrings, bytesOf } from "../storage/byte-strings.ts";

/**
 * Rows that changed since somebody last looked at a tree.
 *
 * Problem: a row that is written often is looked at seldom, and each of its records was hashed. Sketch: its last state is kept
 * until it is asked for. Bounded: what is kept is a few hundred rows that were just written, and at most a megabyte or two of them.
 */
export class ChangedRows {
  readonly #settle: (rowKey: Uint8Array, row: Uint8Array | undefined) => void;
  /** The stored rows by their keys as byte strings; undefined: there is none any more. */
  readonly #rows = new Map<string, Uint8Array | undefined>();
  readonly #texts = new ByteStrings();
  /** Rows that were overtaken here are counted, too. */
  #sizeBytes = 0;

  constructor(settle: (rowKey: Uint8Array, row: Uint8Array | undefined) => void) {
    this.#settle = settle;
  }

  /** Keeps the row as it is. */
  add(rowKey: Uint8Array, row: Uint8Array | undefined): void {
    this.#rows.set(this.#texts.of(rowKey), row);
    this.#sizeBytes += row?.length ?? 0;
    if (this.#rows.size > ROWS_MAX || this.#sizeBytes > SIZE_BYTES_MAX) this.settle();
  }

  /** Hands over all that are kept. */
  settle(): void {
    if (this.#rows.size === 0) return;
    for (const [text, row] of this.#rows) this.#settle(bytesOf(text), row);
    this.#rows.clear();
    this.#sizeBytes = 0;
  }
}

const ROWS_MAX = 512;
const SIZE_BYTES_MAX = 1 << 20;
