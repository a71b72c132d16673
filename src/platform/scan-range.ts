import { byteString } from "../storage/byte-strings.ts";
import type { ScanOptions } from "../storage/engine.ts";

/** A scan as an ordered walk: where it begins, and which of the keys from there on belong to it. */
export interface ScanRange {
  /** The lowest key the scan may answer, never empty. */
  readonly firstKey: Uint8Array;
  /** False for the first key behind the range, and for all after it. */
  includes(key: Uint8Array): boolean;
}

export function scanRange({ prefix, after }: Omit<ScanOptions, "limit">): ScanRange {
  const prefixText = prefix === undefined ? "" : byteString(prefix);
  return {
    firstKey: firstKey(prefix, after),
    includes: (key) => byteString(key).startsWith(prefixText),
  };
}

/** The key next to `after` is `after` and a zero byte. */
function firstKey(prefix = LOWEST_KEY, after?: Uint8Array): Uint8Array {
  if (after === undefined || Buffer.compare(after, prefix) < 0) {
    return prefix.length === 0 ? LOWEST_KEY : prefix;
  }
  return Buffer.concat([after, LOWEST_KEY]);
}

const LOWEST_KEY: Uint8Array = Uint8Array.of(0);
