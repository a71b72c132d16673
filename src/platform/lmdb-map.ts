import { readFileSync } from "node:fs";

/**
 * Addresses that LMDB keeps for its file, in bytes; undefined where lmdb-js is to choose. They take no memory, a file that outgrows them
 * gets twice as many as it needs, and lmdb-js lets no map go that was too small: at its own 128 KiB to begin with, a file that grew stood
 * in memory twice or thrice.
 */
export function lmdbMapBytes(): number | undefined {
  return mapBytesWithin(processLimits());
}

/**
 * Where the process may have few addresses, those of a large map would be missing elsewhere, and lmdb-js ends a process for which it finds
 * none. `limits` is what Linux says in `/proc/self/limits`, empty where nobody says anything.
 */
export function mapBytesWithin(limits: string): number | undefined {
  const [, soft] = /^Max address space +(\d+) /m.exec(limits) ?? [];
  return soft !== undefined && Number(soft) < ADDRESSES_BYTES_MIN ? undefined : MAP_BYTES;
}

const MAP_BYTES = 16 * 2 ** 30;
/** The map, beside it one of twice its size once the file outgrew it, and some for Node.js. */
const ADDRESSES_BYTES_MIN = 64 * 2 ** 30;

function processLimits(): string {
  try {
    return readFileSync("/proc/self/limits", "utf8");
  } catch {
    // Other systems have no such file, and a container may hide it.
    return "";
  }
}
