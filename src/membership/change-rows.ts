import { FormatError } from "../base/binary.ts";
import { utf8Bytes } from "../base/bytes.ts";
import type { Engine, Entry, Write } from "../storage/engine.ts";
import type { Change } from "./change.ts";
import { changeId } from "./change.ts";
import { decodeChange, encodeChange } from "./change-codec.ts";

/** What the rows of table `membership` under `change/` hold: a change each, under its id. */
export interface StoredChanges {
  /** In no certain order. */
  readonly changes: readonly Change[];
  /** Ids, as their keys say, of rows that are garbled. */
  readonly damaged: readonly string[];
}

/** All changes that are stored. Rejects with StorageError. */
export async function readChanges(engine: Engine): Promise<StoredChanges> {
  const changes: Change[] = [];
  const damaged: string[] = [];
  let after: Uint8Array | undefined;
  for (;;) {
    const options = { prefix: PREFIX, limit: PAGE_ROWS };
    const page = await engine.scan("membership", after ? { ...options, after } : options);
    for (const entry of page) {
      const change = changeIn(entry);
      if (change === undefined) damaged.push(idIn(entry));
      else changes.push(change);
    }
    after = page.at(-1)?.key;
    if (page.length < PAGE_ROWS) return { changes, damaged };
  }
}

/** Resolves when all are as durable as the engine can make them, past a write buffer. Rejects with StorageError. */
export function writeChanges(engine: Engine, changes: readonly Change[]): Promise<void> {
  const writes = changes.map(
    (change): Write => ({
      table: "membership",
      key: utf8Bytes(`${PREFIX_TEXT}${changeId(change)}`),
      value: encodeChange(change),
    }),
  );
  return engine.write(writes, { durable: true });
}

/** The table has room for rows of other kinds. */
const PREFIX_TEXT = "change/";
const PREFIX = utf8Bytes(PREFIX_TEXT);
const PAGE_ROWS = 1_000;

function changeIn(entry: Entry): Change | undefined {
  if (entry.value === undefined) return undefined;
  try {
    const change = decodeChange(entry.value);
    return changeId(change) === idIn(entry) ? change : undefined;
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}

function idIn({ key }: Entry): string {
  return Buffer.from(key).toString("utf8").slice(PREFIX_TEXT.length);
}
