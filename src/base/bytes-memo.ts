/**
 * Problem: the same few byte strings come up again and again, and what is made of them each time (a name that was checked,
 * a hash) takes many times as long as telling that they are the same.
 *
 * Sketch: a table from byte strings to what was made of them. Each has one place, by a hash of its last bytes, and who
 * comes later takes it: nothing grows, and what is forgotten is only made anew. So it never changes what anybody gets,
 * and its owner may keep it for as long as it lives.
 */
export class BytesMemo<Value> {
  readonly #bytes: (Uint8Array | undefined)[] = new Array(PLACES).fill(undefined);
  readonly #values: (Value | undefined)[] = new Array(PLACES).fill(undefined);

  /** What was made of these bytes; undefined where that is not known, or no longer. */
  find(bytes: Uint8Array, start = 0, end = bytes.length): Value | undefined {
    const place = placeOf(bytes, start, end);
    const known = this.#bytes[place];
    if (known === undefined || known.length !== end - start) {
      return undefined;
    }
    for (let index = 0; index < known.length; index += 1) {
      if (known[index] !== bytes[start + index]) {
        return undefined;
      }
    }
    return this.#values[place];
  }

  /** Keeps a copy of the bytes. */
  remember(bytes: Uint8Array, value: Value): void {
    const place = placeOf(bytes, 0, bytes.length);
    this.#bytes[place] = new Uint8Array(bytes);
    this.#values[place] = value;
  }
}

const PLACES = 4_096;
const HASHED_BYTES_MAX = 12;
/** Of FNV-1. */
const FACTOR = 0x01000193;

function placeOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = end - start;
  for (let at = Math.max(start, end - HASHED_BYTES_MAX); at < end; at += 1) {
    hash = Math.imul(hash, FACTOR) ^ (bytes[at] as number);
  }
  // The upper bits hang on all bytes, the lower ones on the last few.
  return (hash ^ (hash >>> 15)) & (PLACES - 1);
}
