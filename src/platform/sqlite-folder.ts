import { join } from "node:path";
import type { StatementSync } from "node:sqlite";
import { DatabaseSync } from "node:sqlite";
import type { TableName } from "../storage/engine.ts";
import { StorageError, TABLE_NAMES } from "../storage/engine.ts";
import type { OwnedFolder } from "./owned-folder.ts";
import { cannotOpen, freeBytesOf, openOwnedFolder } from "./owned-folder.ts";

/** An open SQLite database that is ours alone. */
export interface SqliteFolder {
  readonly database: DatabaseSync;
  readonly tables: Readonly<Record<TableName, TableStatements>>;
  /** What the disk has left for this process; undefined where it does not say. */
  freeBytes(): number | undefined;
  close(): void;
}

export interface TableStatements {
  readonly get: StatementSync;
  readonly has: StatementSync;
  readonly scan: StatementSync;
  readonly count: StatementSync;
  readonly put: StatementSync;
  readonly remove: StatementSync;
}

/**
 * Opens the folder of the SQLite engine, or makes it:
 *
 *     data.sqlite      the database: one table each of the engine's, marked in its header with program and version
 *     data.sqlite-wal  SQLite's log; gone after a clean end
 *     engine.lock      see `openOwnedFolder`
 *
 * Throws StorageError.
 */
export function openSqliteFolder({
  folder,
  sync,
}: {
  readonly folder: string;
  readonly sync: boolean;
}): SqliteFolder {
  return openOwnedFolder({ folder, dataFile: DATA_FILE }, (owned) => openOwned(owned, sync));
}

const DATA_FILE = "data.sqlite";
/** "RSDB" */
const APPLICATION_ID = 0x52534442;
const FORMAT_VERSION = 1;

function openOwned({ path, release }: OwnedFolder, sync: boolean): SqliteFolder {
  const file = join(path, DATA_FILE);
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    // Locked exclusively the log needs no index in shared memory, which on a full disk would end the process.
    database.exec("PRAGMA locking_mode = EXCLUSIVE");
    const isMade = checkFormat(path, database);
    database.exec("PRAGMA journal_mode = WAL");
    // NORMAL flushes nothing at a commit, and still everything in the order in which it is needed.
    database.exec(`PRAGMA synchronous = ${sync ? "FULL" : "NORMAL"}`);
    if (!isMade) {
      makeTables(database);
    }
    const statements = TABLE_NAMES.map((name) => [name, statementsOf(database, name)] as const);
    const tables = Object.fromEntries(statements) as Record<TableName, TableStatements>;
    const close = (): void => {
      try {
        database.close();
      } finally {
        // Who opens the folder next still meets the database's own lock where that is not closed.
        release();
      }
    };
    return { database, tables, freeBytes: () => freeBytesOf(path), close };
  } catch (error) {
    database.close();
    if (error instanceof StorageError) {
      throw error;
    }
    const reason = error instanceof Error ? error.message : String(error);
    throw cannotOpen(path, `${DATA_FILE} is damaged or no database: ${reason}`, error);
  }
}

/** Refuses any database that is not ours; false for one that is empty, new or left so by a process that ended. */
function checkFormat(folder: string, database: DatabaseSync): boolean {
  const application = numberOf(database, "application_id");
  const version = numberOf(database, "user_version");
  const tables = database.prepare("SELECT count(*) AS value FROM sqlite_schema").get();
  if (application === 0 && version === 0 && tables?.["value"] === 0) {
    return false;
  }
  if (application !== APPLICATION_ID) {
    throw cannotOpen(folder, "another program made this database");
  }
  if (version !== FORMAT_VERSION) {
    throw cannotOpen(
      folder,
      `its format is ringside-sqlite ${version}, and this program knows ringside-sqlite ${FORMAT_VERSION}`,
    );
  }
  return true;
}

function numberOf(database: DatabaseSync, pragma: string): number {
  return Number(database.prepare(`PRAGMA ${pragma}`).get()?.[pragma]);
}

/** A rowid table with an index on the key takes a kilobyte with less work than one clustered by the key. */
function makeTables(database: DatabaseSync): void {
  const tables = TABLE_NAMES.map(
    (name) => `CREATE TABLE ${name} (key BLOB NOT NULL PRIMARY KEY, value BLOB NOT NULL) STRICT;`,
  );
  database.exec(
    `BEGIN; PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${FORMAT_VERSION}; ${tables.join(" ")} COMMIT`,
  );
}

function statementsOf(database: DatabaseSync, table: TableName): TableStatements {
  return {
    get: database.prepare(`SELECT value FROM ${table} WHERE key = ?`),
    has: database.prepare(`SELECT 1 FROM ${table} WHERE key = ?`),
    scan: database.prepare(`SELECT key, value FROM ${table} WHERE key >= ? ORDER BY key`),
    count: database.prepare(`SELECT count(*) AS count FROM ${table}`),
    put: database.prepare(
      `INSERT INTO ${table} (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
    ),
    remove: database.prepare(`DELETE FROM ${table} WHERE key = ?`),
  };
}
