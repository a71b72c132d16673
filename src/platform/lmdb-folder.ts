import { existsSync, truncateSync } from "node:fs";
import { join } from "node:path";
import type { Database, RootDatabase } from "lmdb";
import { open } from "lmdb";
import type { TableName } from "../storage/engine.ts";
import { TABLE_NAMES } from "../storage/engine.ts";
import { readLmdbHeader } from "./lmdb-header.ts";
import { lmdbMapBytes } from "./lmdb-map.ts";
import type { OwnedFolder } from "./owned-folder.ts";
import { cannotOpen, freeBytesOf, openOwnedFolder } from "./owned-folder.ts";
import { unsealValue } from "./sealed-value.ts";

/** An open LMDB environment that is ours alone. */
export interface LmdbFolder {
  readonly root: RootDatabase<Buffer, Uint8Array>;
  readonly tables: Readonly<Record<TableName, Database<Buffer, Uint8Array>>>;
  /** Size of the data file in bytes. */
  sizeBytes(): number;
  /** What the disk has left for this process; undefined where it does not say. */
  freeBytes(): number | undefined;
  close(): Promise<void>;
}

/**
 * Opens the folder of the LMDB engine, or makes it:
 *
 *     data.mdb     the database: one named table each of the engine's, and `format` with the name and version of all this
 *     lock.mdb     LMDB's own
 *     engine.lock  see `openOwnedFolder`
 *
 * Throws StorageError.
 */
export function openLmdbFolder({
  folder,
  sync,
}: {
  readonly folder: string;
  readonly sync: boolean;
}): LmdbFolder {
  return openOwnedFolder({ folder, dataFile: DATA_FILE }, (owned) => openOwned(owned, sync));
}

const DATA_FILE = "data.mdb";
const FORMAT = "ringside-lmdb 1";
const FORMAT_TABLE = "format";
const FORMAT_KEY = Buffer.from("format");
const BINARY = { encoding: "binary", keyEncoding: "binary" } as const;

function openOwned({ path: folder, release }: OwnedFolder, sync: boolean): LmdbFolder {
  const isCompleted = completeFile(folder);
  const mapSize = lmdbMapBytes();
  const root = open<Buffer, Uint8Array>({
    path: folder,
    noSubdir: false,
    maxDbs: TABLE_NAMES.length + 1,
    noSync: !sync,
    overlappingSync: false,
    ...(mapSize !== undefined && { mapSize }),
    eventTurnBatching: false,
    ...BINARY,
  });
  try {
    const sizeBytes = (): number => {
      const { lastPageNumber, pageSize } = root.getStats() as LmdbStats;
      return (lastPageNumber + 1) * pageSize;
    };
    checkFormat(folder, root);
    const table = (name: TableName) => root.openDB<Buffer, Uint8Array>({ name, ...BINARY });
    const tables = {
      records: table("records"),
      hints: table("hints"),
      membership: table("membership"),
      incarnations: table("incarnations"),
    };
    if (isCompleted) {
      checkPages(folder, tables);
    }
    const close = async (): Promise<void> => {
      await root.close();
      release();
    };
    const freeBytes = (): number | undefined => freeBytesOf(folder);
    return { root, tables, sizeBytes, freeBytes, close };
  } catch (error) {
    void root.close();
    throw error;
  }
}

/**
 * Refuses a data file that LMDB cannot read. One that is shorter than its root says is made longer, for to read behind its
 * end would end the process; true where that was needed.
 */
function completeFile(folder: string): boolean {
  const file = join(folder, DATA_FILE);
  if (!existsSync(file)) {
    return false;
  }
  try {
    const header = readLmdbHeader(file);
    if (header === undefined || header.fileSizeBytes >= header.expectedSizeBytes) {
      return false;
    }
    truncateSync(file, header.expectedSizeBytes);
    return true;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw cannotOpen(folder, `${DATA_FILE} is damaged or no database: ${reason}`, error);
  }
}

/** Tells a file whose last pages were free from one that was cut short, by reading everything. */
function checkPages(folder: string, tables: LmdbFolder["tables"]): void {
  try {
    for (const table of Object.values(tables)) {
      for (const { key, value } of table.getRange({ start: Uint8Array.of(0) })) {
        unsealValue(key, value);
      }
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw cannotOpen(folder, `${DATA_FILE} was cut short: ${reason}`, error);
  }
}

interface LmdbStats {
  readonly lastPageNumber: number;
  readonly pageSize: number;
}

/** Marks a new database as ours, refuses any other that is not. */
function checkFormat(folder: string, root: RootDatabase<Buffer, Uint8Array>): void {
  const names = [...root.getKeys()].map((key) => Buffer.from(key).toString("latin1"));
  const isOurs = names.some((name) => name.replace(/\0$/, "") === FORMAT_TABLE);
  if (names.length > 0 && !isOurs) {
    throw cannotOpen(folder, "another program made this database");
  }
  const formats = root.openDB<Buffer, Uint8Array>({ name: FORMAT_TABLE, ...BINARY });
  const found = formats.getBinary(FORMAT_KEY)?.toString();
  // A start that ended between making the table and filling it leaves the table alone.
  if (found === undefined && names.length < 2) {
    formats.putSync(FORMAT_KEY, Buffer.from(FORMAT));
  } else if (found !== FORMAT) {
    throw cannotOpen(
      folder,
      `its format is ${found ?? "not told"}, and this program knows ${FORMAT}`,
    );
  }
}
