import { randomBytes, randomFillSync } from "node:crypto";
import type { Random } from "../env/random.ts";

const POOL_WORDS = 1_024;
/** Longer draws are made by themselves. */
const POOLED_WORDS_MAX = 16;

/** Chance from the operating system's generator, drawn in blocks because each draw is a system call. */
export function createNodeRandom(): Random {
  const pool = new Uint32Array(POOL_WORDS);
  const poolBytes = new Uint8Array(pool.buffer);
  let next = POOL_WORDS;

  const uint32 = (): number => {
    if (next === POOL_WORDS) {
      randomFillSync(pool);
      next = 0;
    }
    return pool[next++] ?? 0;
  };

  const bytes = (length: number): Uint8Array => {
    const words = Math.ceil(length / Uint32Array.BYTES_PER_ELEMENT);
    if (words > POOLED_WORDS_MAX) return new Uint8Array(randomBytes(length));
    if (next + words > POOL_WORDS) {
      randomFillSync(pool);
      next = 0;
    }
    const start = next * Uint32Array.BYTES_PER_ELEMENT;
    next += words;
    return poolBytes.slice(start, start + length);
  };

  return { uint32, float: () => uint32() / 2 ** 32, bytes };
}
