/**
 * Problem: the same few short byte strings come up again and again, and what is made of them each time (a name that was
 * checked, a hash) takes many times as long as telling that they are the same.
 *
 * Sketch: a table from byte strings to what was made of them. Each has one place, by a hash of its last bytes, and who
 * comes later takes it: nothing grows, and what is forgotten is only made anew. So it never changes what anybody gets,
 * and its owner may keep it for as long as it lives. The bytes lie in one array, side by side, since a look-up
 * costs little more than the memory that it has to wait for.
 */
export class BytesMemo<Value> {
  /** At each place the length of its byte string, and then its bytes. */
  readonly #bytes = new Uint8Array(PLACES * PLACE_BYTES);
  readonly #values: (Value | undefined)[] = new Array(PLACES).fill(undefined);

  /** What was made of these bytes; undefined where that is not known, or no longer. */
  find(bytes: Uint8Array, start = 0, end = bytes.length): Value | undefined {
    const place = placeOf(bytes, start, end);
    const known = this.#bytes;
    let at = place * PLACE_BYTES;
    if (known[at] !== end - start) {
      return undefined;
    }
    for (let index = start; index < end; index += 1) {
      at += 1;
      if (known[at] !== bytes[index]) {
        return undefined;
      }
    }
    return this.#values[place];
  }

  /** Does nothing for bytes that are too many to have a place. */
  remember(bytes: Uint8Array, value: Value): void {
    if (bytes.length >= PLACE_BYTES) {
      return;
    }
    const place = placeOf(bytes, 0, bytes.length);
    this.#bytes[place * PLACE_BYTES] = bytes.length;
    this.#bytes.set(bytes, place * PLACE_BYTES + 1);
    this.#values[place] = value;
  }
}

const PLACES = 4_096;
const PLACE_BYTES = 32;
const HASHED_BYTES_MAX = 8;
/** Of FNV-1. */
const FACTOR = 0x01000193;

function placeOf(bytes: Uint8Array, start: number, end: number): number {
  return hashOfEnd(bytes, start, end) & (PLACES - 1);
}

/** Spreads byte strings over the places of a table by their lengths and last bytes: 32 bits, of which the lower ones are good. */
export function hashOfEnd(bytes: Uint8Array, start: number, end: number): number {
  let hash = end - start;
  for (let at = Math.max(start, end - HASHED_BYTES_MAX); at < end; at += 1) {
    hash = Math.imul(hash, FACTOR) ^ (bytes[at] as number);
  }
  // The upper bits hang on all bytes, the lower ones on the last few.
  return hash ^ (hash >>> 15);
}
