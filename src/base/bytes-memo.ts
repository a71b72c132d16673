/**
 * Problem: the same few short byte strings come up again and again, and what is made of them each time (a name that was
 * checked, a hash) takes many times as long as telling that they are the same.
 *
 * Sketch: a table from byte strings to what was made of them. Each may lie at two places side by side, by a hash of it,
 * and who comes later takes one of them: nothing grows beyond a bound, and what is forgotten is only made anew. So it never changes
 * what anybody gets, and its owner may keep it for as long as it lives. The bytes lie in one array, side by side, since a look-up
 * costs little more than the memory that it has to wait for; so the table is no larger than what comes up asks for, and doubles
 * once a quarter of it is taken.
 */
export class BytesMemo<Value> {
  #placesMask = PLACES_MIN - 1;
  /** At each place the length of its byte string, and then its bytes. */
  #bytes = new Uint8Array(PLACES_MIN * PLACE_BYTES);
  /** Undefined at places that are free. */
  #values: (Value | undefined)[] = new Array(PLACES_MIN).fill(undefined);
  #takenCount = 0;

  /** What was made of these bytes; undefined where that is not known, or no longer. */
  find(bytes: Uint8Array, start = 0, end = bytes.length): Value | undefined {
    const place = hashOf(bytes, start, end) & this.#placesMask;
    if (this.#holds(place, bytes, start, end)) return this.#values[place];
    const beside = place ^ 1;
    return this.#holds(beside, bytes, start, end) ? this.#values[beside] : undefined;
  }

  /** Does nothing for bytes that are too many to have a place. */
  remember(bytes: Uint8Array, value: Value): void {
    if (bytes.length >= PLACE_BYTES) {
      return;
    }
    const place = this.#placeFor(bytes);
    if (this.#values[place] === undefined) this.#takenCount += 1;
    this.#bytes[place * PLACE_BYTES] = bytes.length;
    this.#bytes.set(bytes, place * PLACE_BYTES + 1);
    this.#values[place] = value;
    const placesCount = this.#placesMask + 1;
    if (4 * this.#takenCount > placesCount && placesCount < PLACES_MAX) this.#grow(placesCount * 2);
  }

  #holds(place: number, bytes: Uint8Array, start: number, end: number): boolean {
    const known = this.#bytes;
    let at = place * PLACE_BYTES;
    if (known[at] !== end - start) {
      return false;
    }
    for (let index = start; index < end; index += 1) {
      at += 1;
      if (known[at] !== bytes[index]) {
        return false;
      }
    }
    return true;
  }

  /** Its own where it has one, else a free one, else the first. */
  #placeFor(bytes: Uint8Array): number {
    const place = hashOf(bytes, 0, bytes.length) & this.#placesMask;
    const beside = place ^ 1;
    if (this.#mayTake(place, bytes)) return place;
    return this.#mayTake(beside, bytes) ? beside : place;
  }

  #mayTake(place: number, bytes: Uint8Array): boolean {
    return this.#values[place] === undefined || this.#holds(place, bytes, 0, bytes.length);
  }

  #grow(placesCount: number): void {
    const bytes = this.#bytes;
    const values = this.#values;
    this.#placesMask = placesCount - 1;
    this.#bytes = new Uint8Array(placesCount * PLACE_BYTES);
    this.#values = new Array(placesCount).fill(undefined);
    this.#takenCount = 0;
    for (const [place, value] of values.entries()) {
      const at = place * PLACE_BYTES + 1;
      const length = bytes[at - 1] as number;
      if (value !== undefined) this.remember(bytes.subarray(at, at + length), value);
    }
  }
}

const PLACES_MIN = 64;
const PLACES_MAX = 4_096;
const PLACE_BYTES = 32;
/** Of FNV-1. */
const FACTOR = 0x01000193;
/** Of MurmurHash3's last steps. */
const MIXER = 0x85ebca6b;

/** Spreads byte strings over the places of a table: 32 bits, of which the lower ones are good. */
export function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = end - start;
  for (let at = start; at < end; at += 1) {
    hash = Math.imul(hash, FACTOR) ^ (bytes[at] as number);
  }
  // The upper bits hang on all bytes, the lower ones on the last few: mixed, names that count upwards take places far apart.
  hash = Math.imul(hash ^ (hash >>> 15), MIXER);
  return hash ^ (hash >>> 13);
}
