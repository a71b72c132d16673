import { mkdirSync, readdirSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { StorageError } from "../storage/engine.ts";

/** A folder that one engine of one process owns until it is released. */
export interface OwnedFolder {
  readonly path: string;
  /** Gives the folder up; the kernel does the same when the process ends. */
  release(): void;
}

/**
 * Makes the folder of an engine where it is missing, owns it, and opens what is in it. Who has a transaction open on the
 * SQLite file `engine.lock` owns the folder: an engine has writes under way that another process could not see. A
 * folder in which somebody keeps something else than `dataFile` is refused. Throws StorageError, whatever `open` throws.
 */
export function openOwnedFolder<T>(
  { folder, dataFile }: { readonly folder: string; readonly dataFile: string },
  open: (owned: OwnedFolder) => T,
): T {
  try {
    mkdirSync(folder, { recursive: true });
    checkFiles(folder, dataFile);
    const lock = takeLock(folder);
    try {
      return open({ path: folder, release: () => lock.close() });
    } catch (error) {
      lock.close();
      throw error;
    }
  } catch (error) {
    if (error instanceof StorageError) {
      throw error;
    }
    throw cannotOpen(folder, error instanceof Error ? error.message : String(error), error);
  }
}

export function cannotOpen(folder: string, reason: string, cause?: unknown): StorageError {
  return new StorageError(`Cannot open the database in ${folder}: ${reason}`, { cause });
}

/** What the disk of a folder has left for this process. */
export function freeBytesOf(folder: string): number | undefined {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    // Asked for the sentence of another error, which is the one to tell.
    return undefined;
  }
}

const LOCK_FILE = "engine.lock";

function checkFiles(folder: string, dataFile: string): void {
  const names = readdirSync(folder).filter((name) => name !== LOCK_FILE);
  if (names.length > 0 && !names.includes(dataFile)) {
    throw cannotOpen(folder, `it holds ${names[0]} and no ${dataFile}, so it is no database`);
  }
}

function takeLock(folder: string): DatabaseSync {
  const lock = new DatabaseSync(join(folder, LOCK_FILE), { timeout: 0 });
  try {
    lock.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
    return lock;
  } catch (error) {
    lock.close();
    const isBusy = error instanceof Error && error.message.includes("locked");
    throw isBusy ? cannotOpen(folder, "another process holds it", error) : error;
  }
}
