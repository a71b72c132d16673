import { LISTED_BYTES } from "./payload.ts";

/** Operations as versions list them, the first 8 bytes of each side by side: each once, in the order in which they were added. */
export class OperationList {
  readonly #names: Uint8Array;
  /** Open addressing: where a name is, counted from 1; 0 for a free place. None for a short list, which is as soon searched through. */
  readonly #places: Uint16Array | undefined;
  #count = 0;

  /** `countMax`: as many as are ever added, up to 32,767. */
  constructor(countMax: number) {
    this.#names = Buffer.allocUnsafe(countMax * LISTED_BYTES);
    this.#places =
      countMax <= SEARCHED_MAX
        ? undefined
        : new Uint16Array(2 ** Math.ceil(Math.log2(2 * countMax + 1)));
  }

  get count(): number {
    return this.#count;
  }

  /** The operation that begins at `at` of `from`. */
  add(from: Uint8Array, at: number): void {
    if (this.#places === undefined) {
      if (placeIn(this.#names, from, at, this.#count * LISTED_BYTES) >= 0) return;
    } else if (!this.#takePlace(this.#places, from, at)) return;
    const end = this.#count * LISTED_BYTES;
    for (let index = 0; index < LISTED_BYTES; index += 1) {
      this.#names[end + index] = from[at + index] as number;
    }
    this.#count += 1;
  }

  /** A view. */
  bytes(): Uint8Array {
    return this.#names.subarray(0, this.#count * LISTED_BYTES);
  }

  /** False where it is in the list. */
  #takePlace(places: Uint16Array, from: Uint8Array, at: number): boolean {
    const mask = places.length - 1;
    // Operations are hashes: any two of their bytes place them evenly.
    let place = ((from[at] ?? 0) | ((from[at + 1] ?? 0) << 8)) & mask;
    for (let number = places[place]; number; number = places[place]) {
      if (isSame(this.#names, (number - 1) * LISTED_BYTES, from, at)) return false;
      place = (place + 1) & mask;
    }
    places[place] = this.#count + 1;
    return true;
  }
}

/** True where the operation is one of a list's. */
export function isListed(list: Uint8Array, operation: Uint8Array): boolean {
  return placeIn(list, operation) >= 0;
}

/** Where from `from` to `end` of a list the operation is that begins at `start` of `operation`, in bytes; -1 for nowhere. */
export function placeIn(
  list: Uint8Array,
  operation: Uint8Array,
  start = 0,
  end = list.length,
  from = 0,
): number {
  for (let at = from; at < end; at += LISTED_BYTES) {
    if (isSame(list, at, operation, start)) return at;
  }
  return -1;
}

/** Up to so many names are told apart sooner than a table of them is made. */
const SEARCHED_MAX = 32;

/** True where the same so many bytes lie at both places. Two hashes that differ mostly do so in their first byte. */
export function isSame(
  left: Uint8Array,
  leftAt: number,
  right: Uint8Array,
  rightAt: number,
  sizeBytes = LISTED_BYTES,
): boolean {
  for (let index = 0; index < sizeBytes; index += 1) {
    if (left[leftAt + index] !== right[rightAt + index]) return false;
  }
  return true;
}
