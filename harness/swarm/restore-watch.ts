import { equalBytes } from "../../src/base/bytes.ts";
import type { Actor } from "../../src/base/ids.ts";
import { decodeRow } from "../../src/replica/row.ts";
import { byteString } from "../../src/storage/byte-strings.ts";
import type { RowState, WorldObserver } from "../drivers/sim/observer.ts";

/** Sees which rows change in a restored cluster, and under whom its nodes mint. */
export class RestoreWatch implements WorldObserver {
  /** Every actor that a node has put into one of its rows. */
  readonly minted = new Set<Actor>();
  readonly #rows = new Map<string, Uint8Array | undefined>();
  #changes = 0;

  /** Rows that became other than they were, since `begin`. */
  get changes(): number {
    return this.#changes;
  }

  begin(): void {
    this.#changes = 0;
  }

  rowsWritten(node: string, changes: readonly RowState[]): void {
    for (const { table, key, value } of changes) {
      if (table !== "records" && table !== "hints") continue;
      const name = `${node} ${table} ${byteString(key)}`;
      const before = this.#rows.get(name);
      this.#rows.set(name, value);
      const isSame =
        before === undefined || value === undefined ? before === value : equalBytes(before, value);
      if (!isSame) this.#changes += 1;
      const actor = value && decodeRow(value).localActor;
      if (actor !== undefined) this.minted.add(actor);
    }
  }

  rowRead(): void {}
  rowsDurable(): void {}
  rowsStored(): void {}
  rowsRolledBack(): void {}
  rowDamaged(): void {}
  rowsReplaced(): void {}
  processPaused(): void {}
  processResumed(): void {}
  membersChanged(): void {}
  sentIntoSilence(): void {}
  clientAsked(): void {}
  clientAnswered(): void {}
}
