import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/** What the newest root of a data file says of it. */
export interface LmdbHeader {
  readonly fileSizeBytes: number;
  /** What the file should have; a little less is possible where its last pages were freed before they were written. */
  readonly expectedSizeBytes: number;
}

/**
 * Reads the two root pages of an LMDB data file, since lmdb-js ends the process with SIGSEGV when it is given anything
 * else, and with SIGBUS when pages are missing. Undefined for an empty file, which LMDB fills; throws RangeError for
 * what is no LMDB data file.
 *
 *     page = 24 bytes of header, then for a root: u32 magic, u32 version, …, u32 page size (at 48),
 *            …, u64 last page number (at 144), u64 transaction id (at 152); little-endian
 */
export function readLmdbHeader(file: string): LmdbHeader | undefined {
  const descriptor = openSync(file, "r");
  try {
    const fileSizeBytes = fstatSync(descriptor).size;
    if (fileSizeBytes === 0) {
      return undefined;
    }
    const first = readRoot(descriptor, 0);
    const second = readRoot(descriptor, first.pageSizeBytes);
    const newest = first.transactionId > second.transactionId ? first : second;
    const expectedSizeBytes = (Number(newest.lastPage) + 1) * first.pageSizeBytes;
    return { fileSizeBytes, expectedSizeBytes };
  } finally {
    closeSync(descriptor);
  }
}

interface Root {
  readonly pageSizeBytes: number;
  readonly lastPage: bigint;
  readonly transactionId: bigint;
}

const ROOT_SIZE_BYTES = 160;
const MAGIC = 0xbeefc0de;
const VERSION = 2;
const PAGE_SIZES_BYTES = [512, 1_024, 2_048, 4_096, 8_192, 16_384, 32_768, 65_536];

function readRoot(descriptor: number, position: number): Root {
  const root = Buffer.alloc(ROOT_SIZE_BYTES);
  const readBytes = readSync(descriptor, root, 0, ROOT_SIZE_BYTES, position);
  if (readBytes < ROOT_SIZE_BYTES || root.readUInt32LE(24) !== MAGIC) {
    throw new RangeError("it is not in LMDB's format");
  }
  const version = root.readUInt32LE(28);
  const pageSizeBytes = root.readUInt32LE(48);
  if (version !== VERSION || !PAGE_SIZES_BYTES.includes(pageSizeBytes)) {
    throw new RangeError(`it is in LMDB's format ${version} with pages of ${pageSizeBytes} bytes`);
  }
  return {
    pageSizeBytes,
    lastPage: root.readBigUInt64LE(144),
    transactionId: root.readBigUInt64LE(152),
  };
}
