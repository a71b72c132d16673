import type { ScanOptions, Write } from "./engine.ts";
import { StorageError } from "./engine.ts";

/** The longest key every engine takes. A record's key is at most 1,024 bytes, a hint's 65 more, both 2 for the range. */
export const KEY_SIZE_BYTES_MAX = 1_900;

/** Throws StorageError where an engine must not begin to write. Every engine checks all of a batch before any of it. */
export function checkWrites(writes: readonly Write[]): void {
  for (const { key } of writes) {
    if (key.length === 0 || key.length > KEY_SIZE_BYTES_MAX) {
      throw new StorageError(
        `Cannot write a key of ${key.length} bytes: it must be 1 to ${KEY_SIZE_BYTES_MAX}`,
      );
    }
  }
}

/** Throws StorageError for a scan without a usable limit. */
export function checkScan({ limit }: ScanOptions): void {
  if (!Number.isInteger(limit) || limit < 1) {
    throw new StorageError(
      `Cannot scan ${limit} entries: the limit must be a whole number of 1 or more`,
    );
  }
}
