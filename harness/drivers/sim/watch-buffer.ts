import type { BufferWatch } from "../../../src/storage/buffer-watch.ts";
import { byteString } from "../../../src/storage/byte-strings.ts";
import type { TableName, Write } from "../../../src/storage/engine.ts";
import type { SimDisk } from "./disk/sim-disk.ts";
import type { DiskObserver } from "./disk/sim-disk-options.ts";
import type { RowState, WorldObserver } from "./observer.ts";
import type { SimProcess } from "./sim-process.ts";

/** Of a node that buffers, a disk tells what it has and what a crash leaves: what is visible the buffer decides. */
export function observerBelowBuffer(
  observer: Pick<WorldObserver, "rowsStored" | "rowsReplaced">,
): DiskObserver {
  return {
    rowRead: nothing,
    rowsWritten: nothing,
    rowsDurable: (node, changes) => observer.rowsStored(node, changes),
    rowsRolledBack: nothing,
    // Whether anybody would notice depends on what is in the buffer; no seed draws both.
    rowDamaged: nothing,
    rowsReplaced: (node, rows) => observer.rowsReplaced(node, rows),
  };
}

function nothing(): void {}

export interface WatchBufferParts {
  readonly node: string;
  readonly observer: DiskObserver;
  readonly disk: Pick<SimDisk, "visible">;
  /** Of this life: what a dead process still seems to do was never done. */
  readonly process: SimProcess;
}

/** Tells an observer of the rows of one life of a node that buffers its writes. */
export function watchBuffer({ node, observer, disk, process }: WatchBufferParts): BufferWatch {
  const orderOf = new WeakMap<Write, number>();
  const acknowledged = new Map<string, number>();
  let writtenCount = 0;
  const isDead = (): boolean => process.state === "dead";

  /** Of two writes of a row on their way the later may be acknowledged first; then the earlier one is none any more. */
  function isNews(write: Write): boolean {
    const row = `${write.table} ${byteString(write.key)}`;
    const order = orderOf.get(write) ?? 0;
    if (order < (acknowledged.get(row) ?? 0)) return false;
    acknowledged.set(row, order);
    return true;
  }

  return {
    rowRead: (table, key) => {
      if (!isDead()) observer.rowRead(node, table, key);
    },
    written: (writes) => {
      if (isDead()) return;
      for (const write of writes) {
        writtenCount += 1;
        orderOf.set(write, writtenCount);
      }
      observer.rowsWritten(node, writes);
    },
    acknowledged: (writes) => {
      if (!isDead()) observer.rowsDurable(node, writes.filter(isNews));
    },
    rolledBack: (writes, buffered) => {
      if (isDead()) return;
      const visible = ({ table, key }: { table: TableName; key: Uint8Array }): RowState => {
        const held = buffered(table, key);
        return held ?? { table, key, value: disk.visible(table, key) };
      };
      observer.rowsRolledBack(node, writes.map(visible));
    },
  };
}
