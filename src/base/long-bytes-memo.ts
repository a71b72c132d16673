import { equalBytes } from "./bytes.ts";

/**
 * As `BytesMemo`, for byte strings of hundreds of bytes and more, as values are: it keeps the arrays that it is given, which
 * must not change, and finds their place by a few of their bytes, as far apart as can be.
 */
export class LongBytesMemo<Value> {
  readonly #entries: (Entry<Value> | undefined)[];

  /** `places` is a power of two. */
  constructor(places: number) {
    this.#entries = new Array(places).fill(undefined);
  }

  /** What was made of these bytes; undefined where that is not known, or no longer. */
  find(bytes: Uint8Array): Value | undefined {
    const entry = this.#entries[this.#placeOf(bytes)];
    return entry !== undefined && equalBytes(entry.bytes, bytes) ? entry.value : undefined;
  }

  remember(bytes: Uint8Array, value: Value): void {
    this.#entries[this.#placeOf(bytes)] = { bytes, value };
  }

  #placeOf(bytes: Uint8Array): number {
    const { length } = bytes;
    let hash = length;
    for (let sample = 1; sample <= SAMPLES; sample += 1) {
      hash = Math.imul(hash, FACTOR) ^ (bytes[((length * sample) / SAMPLES - 1) | 0] ?? 0);
    }
    // The upper bits hang on all samples, the lower ones on the last few.
    return (hash ^ (hash >>> 15)) & (this.#entries.length - 1);
  }
}

interface Entry<Value> {
  readonly bytes: Uint8Array;
  readonly value: Value;
}

const SAMPLES = 16;
/** Of FNV-1. */
const FACTOR = 0x01000193;
