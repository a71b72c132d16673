import { equalBytes } from "../base/bytes.ts";
import { hashOf } from "../base/bytes-memo.ts";

/**
 * Rows that changed since somebody last looked at a tree.
 *
 * Problem: a row that is written often is looked at seldom, and each of its records was hashed. Sketch: its last state is kept
 * until it is asked for. Each row has one place, by a hash of its key, and is handed over when another comes there: no string, no
 * Map, and no work that waits for all of them at once. Bounded: what is kept is a thousand rows that were just written, and at most
 * a megabyte or two of them.
 */
export class ChangedRows {
  readonly #settle: (rowKey: Uint8Array, row: Uint8Array | undefined) => void;
  /** By place; undefined: nothing is kept there. */
  readonly #keys: (Uint8Array | undefined)[] = new Array(PLACES).fill(undefined);
  /** The stored rows, by place; undefined: there is none any more. */
  readonly #rows: (Uint8Array | undefined)[] = new Array(PLACES).fill(undefined);
  /** Since nothing was kept; rows that were overtaken or handed over are counted, too, as they may share memory with those kept. */
  #sizeBytes = 0;
  #isEmpty = true;

  constructor(settle: (rowKey: Uint8Array, row: Uint8Array | undefined) => void) {
    this.#settle = settle;
  }

  /** Keeps key and row as they are. */
  add(rowKey: Uint8Array, row: Uint8Array | undefined): void {
    const place = hashOf(rowKey, 0, rowKey.length) & (PLACES - 1);
    const before = this.#keys[place];
    if (before !== undefined && !equalBytes(before, rowKey)) {
      this.#settle(before, this.#rows[place]);
    }
    this.#keys[place] = rowKey;
    this.#rows[place] = row;
    this.#isEmpty = false;
    this.#sizeBytes += row?.length ?? 0;
    if (this.#sizeBytes > SIZE_BYTES_MAX) this.settle();
  }

  /** Hands over all that are kept. */
  settle(): void {
    if (this.#isEmpty) return;
    for (let place = 0; place < PLACES; place += 1) {
      const rowKey = this.#keys[place];
      if (rowKey === undefined) continue;
      this.#settle(rowKey, this.#rows[place]);
      this.#keys[place] = undefined;
      this.#rows[place] = undefined;
    }
    this.#isEmpty = true;
    this.#sizeBytes = 0;
  }
}

/** A power of 2. */
const PLACES = 1_024;
const SIZE_BYTES_MAX = 1 << 20;
