import { toHex } from "../../../../../src/base/bytes.ts";
import type { TableName } from "../../../../../src/storage/engine.ts";
import type { RowState } from "../../observer.ts";
import type { DiskObserver } from "../sim-disk-options.ts";

/** Rows as text to text, for comparing. */
export type RowTexts = Readonly<Record<string, string>>;

export function textsOf(rows: readonly RowState[]): RowTexts {
  return Object.fromEntries(
    rows.flatMap((row) => (row.value === undefined ? [] : [[rowText(row), toHex(row.value)]])),
  );
}

/** `rows` with these changes made, in their order. */
export function withChanges(rows: RowTexts, changes: readonly RowState[]): RowTexts {
  const changed: Record<string, string> = { ...rows };
  for (const change of changes) {
    if (change.value === undefined) {
      delete changed[rowText(change)];
    } else {
      changed[rowText(change)] = toHex(change.value);
    }
  }
  return changed;
}

/** Knows what a disk shows from what an observer is told alone, and refuses what cannot be told. */
export class RowWatcher implements DiskObserver {
  visible: RowTexts = {};
  durable: RowTexts = {};
  /** Rows that were looked up, in order. */
  readonly read: string[] = [];
  durableCount = 0;
  rolledBackCount = 0;
  #underWay: RowState[] = [];

  rowRead(_node: string, table: TableName, key: Uint8Array): void {
    this.read.push(rowText({ table, key, value: undefined }));
  }

  rowsWritten(_node: string, changes: readonly RowState[]): void {
    this.#underWay.push(...changes);
    this.visible = withChanges(this.visible, changes);
  }

  rowsDurable(_node: string, changes: readonly RowState[]): void {
    for (const change of changes) {
      const at = this.#underWay.indexOf(change);
      if (at < 0) {
        throw new Error(
          `Cannot be durable: ${rowText(change)} was not shown, or not in this order`,
        );
      }
      this.#underWay.splice(0, at + 1);
    }
    this.durableCount += 1;
    this.durable = withChanges(this.durable, changes);
  }

  rowsRolledBack(_node: string, rows: readonly RowState[]): void {
    this.rolledBackCount += 1;
    this.visible = withChanges(this.visible, rows);
  }

  rowDamaged(_node: string, table: TableName, key: Uint8Array): void {
    const gone = [{ table, key, value: undefined }];
    this.visible = withChanges(this.visible, gone);
    this.durable = withChanges(this.durable, gone);
  }

  rowsReplaced(_node: string, rows: readonly RowState[]): void {
    this.#underWay = [];
    this.visible = textsOf(rows);
    this.durable = this.visible;
  }
}

function rowText({ table, key }: RowState): string {
  return `${table}/${toHex(key)}`;
}
