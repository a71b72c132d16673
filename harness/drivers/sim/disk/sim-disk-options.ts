import type { WorldObserver } from "../observer.ts";
import type { DelayPlan } from "../world-plan.ts";

/** What an acknowledged write survives: nothing, a power failure, or only the end of the process. */
export type DiskKind = "memory" | "synced" | "unsynced";

export type DiskObserver = Pick<
  WorldObserver,
  "rowRead" | "rowsWritten" | "rowsDurable" | "rowsRolledBack" | "rowDamaged" | "rowsReplaced"
>;

export interface SimDiskOptions {
  readonly kind: DiskKind;
  /** From the start of a commit to its end; not used in memory, and unsynced only while the disk is full. */
  readonly write: DelayPlan;
  /** Of a get that no write under way answers, and of a scan; not used in memory. */
  readonly read: DelayPlan;
  /** How fast a commit writes, beside its delay; undefined: as fast as can be. */
  readonly bytesPerSecond?: number | undefined;
}

/** What is wrong with a disk; faults change it while engines use it. */
export interface DiskFaults {
  readonly slow: { readonly readMs: number; readonly writeMs: number } | undefined;
  readonly isFull: boolean;
}

/** Calls into a process as it lives: at once, when it goes on, or never. */
export type Enter = (callback: () => void) => void;
