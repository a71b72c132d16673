import { AssertionError } from "./assert.ts";
import { concatBytes, utf8Bytes } from "./bytes.ts";
import { sha256 } from "./hash.ts";

/**
 * Chance that one seed replays: xoshiro128** (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2018),
 * its state drawn from a SHA-256 of the seed. Has the shape of env's Random. Predictable: never for secrets.
 */
export class SeededRandom {
  readonly #digest: Uint8Array;
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  /** Equal seeds give equal streams; the number 7 and the text "7" are the same seed. */
  constructor(seed: number | string | Uint8Array) {
    this.#digest = sha256(seed instanceof Uint8Array ? seed : utf8Bytes(String(seed)));
    const words = new DataView(this.#digest.buffer, this.#digest.byteOffset, 16);
    this.#a = words.getUint32(0);
    this.#b = words.getUint32(4);
    this.#c = words.getUint32(8);
    // The generator stands still at a state of all zeros.
    this.#d = words.getUint32(12) || 1;
  }

  /** A whole number, uniform in [0, 2^32). */
  uint32(): number {
    const scaled = Math.imul(this.#b, 5);
    const result = Math.imul((scaled << 7) | (scaled >>> 25), 9) >>> 0;
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result;
  }

  /** A number, uniform in [0, 1), with 53 random bits. */
  float(): number {
    const high = this.uint32() >>> 5;
    const low = this.uint32() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  }

  /** Fresh bytes of the stream. */
  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let offset = 0; offset < length; offset += 4) {
      const word = this.uint32();
      for (let index = 0; index < 4 && offset + index < length; index += 1) {
        bytes[offset + index] = word >>> (8 * index);
      }
    }
    return bytes;
  }

  /** A whole number, uniform in [0, below), for `below` of 1 to 2^32. */
  integer(below: number): number {
    if (!Number.isInteger(below) || below < 1 || below > 2 ** 32) {
      throw new AssertionError(`Cannot draw a number below ${below}: it is none of 1 to 2^32`);
    }
    // Numbers over the last whole multiple of the bound would favour small results.
    const accepted = 2 ** 32 - (2 ** 32 % below);
    for (;;) {
      const word = this.uint32();
      if (word < accepted) {
        return word % below;
      }
    }
  }

  /** One of the items; there must be one. */
  pick<T>(items: readonly T[]): T {
    return items[this.integer(items.length)] as T;
  }

  /** The items in random order (Fisher and Yates), as a new array. */
  shuffle<T>(items: readonly T[]): T[] {
    const shuffled = [...items];
    for (let last = shuffled.length - 1; last > 0; last -= 1) {
      const other = this.integer(last + 1);
      const moved = shuffled[last] as T;
      shuffled[last] = shuffled[other] as T;
      shuffled[other] = moved;
    }
    return shuffled;
  }

  /**
   * An independent stream that depends on this one's seed and the label only, not on what was drawn so far: one more draw
   * in one part of a program leaves all other parts' chance as it was. The same label gives the same stream again.
   */
  fork(label: string): SeededRandom {
    return new SeededRandom(concatBytes([this.#digest, utf8Bytes(label)]));
  }
}
