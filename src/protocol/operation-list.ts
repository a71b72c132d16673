import { LISTED_BYTES } from "./payload.ts";

/** Operations as versions list them, the first 8 bytes of each side by side: each once, in the order in which they were added. */
export class OperationList {
  readonly #names: Uint8Array;
  /** Open addressing: where a name is, counted from 1; 0 for a free place. */
  readonly #places: Uint16Array;
  #count = 0;

  /** `countMax`: as many as are ever added, up to 32,767. */
  constructor(countMax: number) {
    this.#names = new Uint8Array(countMax * LISTED_BYTES);
    this.#places = new Uint16Array(2 ** Math.ceil(Math.log2(2 * countMax + 1)));
  }

  get count(): number {
    return this.#count;
  }

  /** The operation that begins at `at` of `from`. */
  add(from: Uint8Array, at: number): void {
    const mask = this.#places.length - 1;
    // Operations are hashes: any two of their bytes place them evenly.
    let place = ((from[at] ?? 0) | ((from[at + 1] ?? 0) << 8)) & mask;
    for (let number = this.#places[place]; number; number = this.#places[place]) {
      if (isSame(this.#names, (number - 1) * LISTED_BYTES, from, at)) return;
      place = (place + 1) & mask;
    }
    const end = this.#count * LISTED_BYTES;
    for (let index = 0; index < LISTED_BYTES; index += 1) {
      this.#names[end + index] = from[at + index] as number;
    }
    this.#count += 1;
    this.#places[place] = this.#count;
  }

  /** A view. */
  bytes(): Uint8Array {
    return this.#names.subarray(0, this.#count * LISTED_BYTES);
  }
}

/** True where the operation is one of a list's. */
export function isListed(list: Uint8Array, operation: Uint8Array): boolean {
  for (let at = 0; at < list.length; at += LISTED_BYTES) {
    if (isSame(list, at, operation, 0)) return true;
  }
  return false;
}

/** Two hashes that differ mostly do so in their first byte. */
function isSame(left: Uint8Array, leftAt: number, right: Uint8Array, rightAt: number): boolean {
  for (let index = 0; index < LISTED_BYTES; index += 1) {
    if (left[leftAt + index] !== right[rightAt + index]) return false;
  }
  return true;
}
