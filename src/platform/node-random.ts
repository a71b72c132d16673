import { randomBytes, randomFillSync } from "node:crypto";
import type { Random } from "../env/random.ts";

const POOL_WORDS = 1_024;

/** Chance from the operating system's generator, drawn in blocks because each draw is a system call. */
export function createNodeRandom(): Random {
  const pool = new Uint32Array(POOL_WORDS);
  let next = POOL_WORDS;

  const uint32 = (): number => {
    if (next === POOL_WORDS) {
      randomFillSync(pool);
      next = 0;
    }
    return pool[next++] ?? 0;
  };

  return {
    uint32,
    float: () => uint32() / 2 ** 32,
    bytes: (length) => new Uint8Array(randomBytes(length)),
  };
}
