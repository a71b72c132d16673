import { FormatError } from "../../../../src/base/binary.ts";
import { isLastWriteWins } from "../../../../src/causality/versioning.ts";
import type { TableName } from "../../../../src/storage/engine.ts";
import type { RowState } from "../observer.ts";
import { keepLostCopies } from "./acknowledged-without-quorum.ts";
import { checkLastWrite } from "./earlier-write-wins.ts";
import type { Copy, KnownRow } from "./key-state.ts";
import type { OracleParts, Watches } from "./oracle-parts.ts";
import { quorumOptions } from "./oracle-parts.ts";
import { checkCollected, checkResurrected, isTombstonesOnly } from "./resurrected.ts";
import { noteLookup, noteRemoval } from "./traceless-mint.ts";
import { checkDropped, checkRemoved } from "./version-dropped.ts";
import { checkKept } from "./version-kept.ts";

/** What nodes read, write, lose and get back. */
export class RowEvents {
  readonly #parts: OracleParts;
  readonly #watches: Watches;

  constructor(parts: OracleParts, watches: Watches) {
    this.#parts = parts;
    this.#watches = watches;
  }

  rowRead(node: string, table: TableName, key: Uint8Array): void {
    const { reads, requests, index } = this.#watches;
    if (table !== "records" || !(reads.isAnyUnderWay || this.#areWritesWatched)) return;
    const copy = index.copyAt(node, table, key);
    if (copy === undefined) return;
    if (reads.isAnyUnderWay) reads.looked(copy);
    if (this.#areWritesWatched) noteLookup(copy, requests.values());
  }

  /** True in the mode whose writes may leave no trace (K-2). */
  get #areWritesWatched(): boolean {
    return this.#parts.versioning.mode === "vector-clock";
  }

  rowsWritten(node: string, changes: readonly RowState[]): void {
    for (const change of changes) {
      const copy = this.#watches.index.copyAt(node, change.table, change.key);
      if (copy !== undefined) {
        this.#watches.heldBack?.written(copy, change.value);
        this.#written(copy, change.value);
      }
      this.#watches.hints?.written(node, change);
    }
  }

  rowsDurable(node: string, changes: readonly RowState[]): void {
    for (const change of changes) {
      const copy = this.#watches.index.copyAt(node, change.table, change.key);
      if (copy !== undefined) {
        copy.durable = this.#stored(copy, change.value);
      }
    }
  }

  rowsStored(node: string, changes: readonly RowState[]): void {
    if (this.#watches.stored === undefined) return;
    for (const change of changes) {
      const copy = this.#watches.index.copyAt(node, change.table, change.key);
      if (copy !== undefined) copy.stored = this.#stored(copy, change.value);
    }
  }

  rowsRolledBack(node: string, rows: readonly RowState[]): void {
    this.#watches.stored?.disturbed();
    for (const row of rows) {
      const copy = this.#watches.index.copyAt(node, row.table, row.key);
      if (copy !== undefined) {
        copy.visible = this.#stored(copy, row.value);
        this.#watches.reads.forgot(copy.state, node);
      }
      this.#watches.hints?.rolledBack(node, row);
    }
  }

  rowDamaged(node: string, table: TableName, key: Uint8Array): void {
    const copy = this.#watches.index.copyAt(node, table, key);
    if (copy === undefined) return;
    for (const request of this.#watches.requests.values()) {
      if (request.state === copy.state) keepLostCopies(request, node, quorumOptions(this.#parts));
    }
    const promised = copy.durable;
    copy.damaged = copy.visible;
    copy.visible = undefined;
    copy.durable = undefined;
    this.#watches.acknowledgements.replaced(copy, promised);
  }

  rowsReplaced(node: string, rows: readonly RowState[]): void {
    this.#watches.hints?.replaced(node, rows);
    this.#watches.heldBack?.died(node);
    this.#watches.died.add(node);
    this.#watches.stored?.disturbed();
    for (const request of this.#watches.requests.values()) {
      keepLostCopies(request, node, quorumOptions(this.#parts));
    }
    this.#watches.reads.died(node);
    this.#watches.deadlines.died(node, this.#watches.requests.values());
    const promised = [...this.#watches.index.copiesOf(node)].map((copy) => ({
      copy,
      row: copy.durable,
    }));
    for (const { copy } of promised) {
      copy.visible = undefined;
      copy.durable = undefined;
      copy.damaged = undefined;
      copy.stored = undefined;
    }
    for (const row of rows) {
      const copy = this.#watches.index.copyAt(node, row.table, row.key);
      if (copy !== undefined) {
        copy.visible = this.#stored(copy, row.value);
        copy.durable = copy.visible;
        copy.stored = copy.visible;
      }
    }
    for (const { copy, row } of promised) this.#watches.acknowledgements.replaced(copy, row);
  }

  #written(copy: Copy, value: Uint8Array | undefined): void {
    const { visible: before, damaged } = copy;
    // What takes the place of a damaged row may hold less.
    if (damaged !== undefined) this.#watches.reads.forgot(copy.state, copy.node);
    copy.damaged = undefined;
    if (value === undefined) {
      copy.visible = undefined;
      this.#watches.reads.forgot(copy.state, copy.node);
      if (before !== undefined && this.#areWritesWatched) {
        noteRemoval(copy, before, this.#watches.requests.values());
      }
      if (before !== undefined && this.#watches.isLosslessMode) {
        const isOwn = copy.node === copy.owner && copy.state.primaries.includes(copy.node);
        if (isOwn && isTombstonesOnly(copy.state, before)) {
          checkCollected(
            copy,
            before,
            { keepsData: isDeletedForGood(this.#parts) },
            this.#watches.violations,
          );
        } else {
          const keepsData = (node: string) => this.#keepsData(copy, node);
          const { synced, movingW } = this.#parts;
          const areHandedOver = movingW !== undefined;
          const options = { synced, keepsData, areHandedOver };
          checkRemoved(copy, before, options, this.#watches.violations);
        }
      }
      return;
    }
    const after = this.#readable(() => this.#watches.mints.written(copy, value, damaged));
    copy.visible = after;
    if (after === undefined) {
      this.#watches.violations.report("row-unreadable", () => ({
        anomaly: "a node wrote a row that cannot be read",
        detail: `Node ${copy.node} wrote ${value.length} bytes that are no row of mode ${this.#parts.versioning.mode}`,
        key: copy.state.name,
      }));
    } else if (this.#watches.isLosslessMode) {
      if (before !== undefined) checkDropped(copy, before, after, this.#watches.violations);
      if (before?.record !== after.record) {
        checkKept(copy, after, this.#watches.violations);
        if (isDeletedForGood(this.#parts)) checkResurrected(copy, after, this.#watches.violations);
      }
    } else if (before !== undefined && isLastWriteWins(this.#parts.versioning.mode)) {
      checkLastWrite(copy, before, after, this.#watches.violations);
    }
  }

  /** False of a node that may have lost the key since it said that it holds a hint: in memory, or wiped, whenever it died. */
  #keepsData({ state }: Copy, node: string): boolean {
    const { synced, lossless, destroyed } = this.#parts;
    const hasForgotten = state.copies.some(
      (copy) => copy.isForgetful && copy.node === node && copy.owner === node,
    );
    const survives = synced && !destroyed.has(node);
    return lossless && !hasForgotten && (survives || !this.#watches.died.has(node));
  }

  /** Rows of a damaged disk may be unreadable; nodes cannot use them, so they count as none. */
  #stored(copy: Copy, value: Uint8Array | undefined): KnownRow | undefined {
    return value === undefined
      ? undefined
      : this.#readable(() => this.#watches.mints.stored(copy, value));
  }

  #readable(read: () => KnownRow): KnownRow | undefined {
    try {
      return read();
    } catch (error) {
      if (error instanceof FormatError) {
        return undefined;
      }
      throw error;
    }
  }
}

/** False where a disk may turn back to what a tombstone overtook, whenever the power fails. */
function isDeletedForGood({ lossless, synced, buffered }: OracleParts): boolean {
  return lossless && (synced || buffered === true);
}
