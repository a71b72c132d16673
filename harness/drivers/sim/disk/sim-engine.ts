import type { SeededRandom } from "../../../../src/base/seeded-random.ts";
import type { Clock, Timer } from "../../../../src/env/clock.ts";
import { byteString, bytesOf } from "../../../../src/storage/byte-strings.ts";
import type {
  Engine,
  Entry,
  ScanOptions,
  TableName,
  Write,
} from "../../../../src/storage/engine.ts";
import { FatalStorageError, StorageError, TABLE_NAMES } from "../../../../src/storage/engine.ts";
import { checkScan, checkWrites } from "../../../../src/storage/limits.ts";
import { PendingWrites } from "../../../../src/storage/pending-writes.ts";
import type { RowState } from "../observer.ts";
import { CommitQueue } from "./commit-queue.ts";
import { DiskDelays } from "./disk-delays.ts";
import type { LogEntry } from "./log-format.ts";
import type { Medium } from "./medium.ts";
import type { DiskFaults, DiskObserver, Enter, SimDiskOptions } from "./sim-disk-options.ts";

export interface SimEngineParts {
  readonly clock: Clock;
  readonly random: SeededRandom;
  readonly observer: DiskObserver | undefined;
  readonly node: string;
  readonly medium: Medium;
  /** As they are at the moment. */
  readonly faults: () => DiskFaults;
  /** Called once when `close` has finished, before its promise resolves. */
  readonly closed: () => void;
  /** Through which every answer comes that takes time: held while the process is paused, lost once it is dead. */
  readonly enter: Enter;
}

/**
 * The engine of one life of a node, over a disk that outlives it. A delayed read answers what it found when it was asked.
 * After `kill` no promise of it settles any more, and it touches the disk never again. One that has failed for good is still open, and
 * rejects whatever it is asked.
 */
export class SimEngine implements Engine {
  readonly name: string;
  readonly synced: boolean;
  /** The disk is a log: of what a crash leaves it is always the beginning. */
  readonly ordered = true;
  readonly #parts: SimEngineParts;
  readonly #options: SimDiskOptions;
  readonly #delays: DiskDelays;
  readonly #pending = new PendingWrites();
  readonly #queue: CommitQueue;
  readonly #done = Promise.resolve();
  #syncTimer: Timer | undefined;
  #closing: PromiseWithResolvers<void> | undefined;
  #isDead = false;
  #failsForGood = false;
  #failure: FatalStorageError | undefined;
  #unsure: readonly (readonly Write[])[] = [];

  constructor(parts: SimEngineParts, options: SimDiskOptions) {
    this.name = `sim-${options.kind}`;
    this.synced = options.kind === "synced";
    this.#parts = parts;
    this.#options = options;
    const { clock, random } = parts;
    this.#delays = new DiskDelays(random, options, parts.faults);
    this.#queue = new CommitQueue({
      clock,
      delayMs: (writes) => (this.#failure === undefined ? this.#delays.commitMs(writes) : 0),
      commit: (writes) => this.#commit(writes),
      enter: parts.enter,
      idle: () => this.#closeWhenIdle(),
    });
  }

  get failure(): FatalStorageError | undefined {
    return this.#failure;
  }

  get(table: TableName, key: Uint8Array): Promise<Uint8Array | undefined> {
    if (!this.#isDead) this.#parts.observer?.rowRead(this.#parts.node, table, key);
    const pending = this.#pending.get(table, key);
    return pending === undefined
      ? this.#read(() => this.#parts.medium.get(table, key))
      : this.#answer(() => pending.value, 0);
  }

  scan(table: TableName, options: ScanOptions): Promise<readonly Entry[]> {
    return this.#read(() => {
      checkScan(options);
      return this.#pending.overlay(table, this.#parts.medium.entries(table, options), options);
    });
  }

  count(table: TableName): Promise<number> {
    const count = (): number => {
      const { medium } = this.#parts;
      let rowCount = medium.count(table);
      for (const { key, value } of this.#pending.of(table)) {
        rowCount += Number(value !== undefined) - Number(medium.has(table, key));
      }
      return rowCount;
    };
    return this.#answer(count, 0);
  }

  write(writes: readonly Write[]): Promise<void> {
    if (this.#isDead) return never();
    try {
      this.#checkOpen();
      checkWrites(writes);
    } catch (error) {
      return Promise.reject(error);
    }
    if (writes.length === 0) {
      return this.#done;
    }
    const { observer, node } = this.#parts;
    if (this.#waitsForDisk()) {
      this.#pending.add(writes);
      observer?.rowsWritten(node, writes);
      return this.#queue.add(writes);
    }
    this.#parts.medium.append(writes);
    this.#afterAppend();
    observer?.rowsWritten(node, writes);
    observer?.rowsDurable(node, writes);
    return this.#done;
  }

  close(): Promise<void> {
    if (this.#isDead) return never();
    if (this.#closing === undefined) {
      this.#closing = Promise.withResolvers<void>();
      this.#closeWhenIdle();
    }
    return this.#closing.promise;
  }

  /** The next commit is the last, and fails. */
  failForGood(): void {
    this.#failsForGood = true;
  }

  /** The group of which nobody knows whether the disk has it, where one failed for good for which there was room. */
  get unsure(): readonly (readonly Write[])[] {
    return this.#unsure;
  }

  /** Ends this life. Returns the groups under way that the disk had room for, in their order. */
  kill(): readonly (readonly Write[])[] {
    this.#isDead = true;
    this.#syncTimer?.cancel();
    const underWay = this.#queue.kill();
    if (this.#failure !== undefined) return this.#unsure;
    return underWay.filter((writes) => this.#hasRoom(writes));
  }

  /** All rows visible now that can be read, by table and key. */
  rows(): RowState[] {
    return TABLE_NAMES.flatMap((table) => {
      const stored = this.#parts.medium.readable(table);
      const visible = this.#pending.overlay(table, stored, { limit: Number.MAX_SAFE_INTEGER });
      return visible.map(({ key, value }) => ({ table, key, value }));
    });
  }

  /** What is visible of a row now; undefined where there is none, or it is damaged. */
  peek(table: TableName, key: Uint8Array): Uint8Array | undefined {
    const pending = this.#pending.get(table, key);
    return pending === undefined ? this.#parts.medium.peek(table, key) : pending.value;
  }

  /** True where a write under way hides what the disk holds of a row. */
  hides({ table, keyText }: LogEntry): boolean {
    return this.#pending.get(table, bytesOf(keyText)) !== undefined;
  }

  /** False where a write is at once as durable as promised. Nothing overtakes a write that waits. */
  #waitsForDisk(): boolean {
    const { kind } = this.#options;
    const isHeldUp = !this.#queue.isIdle || this.#parts.faults().isFull || this.#failsForGood;
    return kind === "synced" || (kind === "unsynced" && isHeldUp);
  }

  #commit(writes: readonly Write[]): StorageError | undefined {
    const { medium, observer, node } = this.#parts;
    const failure = this.#failureOf(writes);
    if (failure !== undefined) {
      this.#pending.settle(writes);
      observer?.rowsRolledBack(node, this.#statesOf(writes));
      return failure;
    }
    medium.append(writes);
    this.#pending.settle(writes);
    this.#afterAppend();
    observer?.rowsDurable(node, writes);
    return undefined;
  }

  #failureOf(writes: readonly Write[]): StorageError | undefined {
    if (this.#failsForGood && this.#failure === undefined) {
      this.#failure = new FatalStorageError("Cannot use the simulated disk: an I/O error ended it");
      // One that was full then has it for certain not, whatever room there is later.
      this.#unsure = this.#hasRoom(writes) ? [writes] : [];
    }
    if (this.#failure !== undefined) return this.#failure;
    return this.#hasRoom(writes)
      ? undefined
      : new StorageError("Cannot write to the simulated disk: it is full");
  }

  /** As in LMDB a group fails as a whole, and one that only removes needs no room. */
  #hasRoom(writes: readonly Write[]): boolean {
    return !this.#parts.faults().isFull || writes.every(({ value }) => value === undefined);
  }

  /** Syncs as this kind of disk does, and keeps the log small. */
  #afterAppend(): void {
    const { medium, clock } = this.#parts;
    switch (this.#options.kind) {
      case "memory":
        medium.compact();
        break;
      case "synced":
        medium.sync();
        medium.compact();
        break;
      case "unsynced":
        this.#syncTimer ??= clock.setTimer(this.#delays.syncMs(), () => {
          this.#syncTimer = undefined;
          medium.sync();
          medium.compact();
        });
        break;
    }
  }

  /** What the rows of these writes show now, each once. */
  #statesOf(writes: readonly Write[]): readonly RowState[] {
    const states = new Map<string, RowState>();
    for (const { table, key } of writes) {
      const value = this.peek(table, key);
      states.set(`${table} ${byteString(key)}`, { table, key, value });
    }
    return [...states.values()];
  }

  #read<T>(read: () => T): Promise<T> {
    const delayMs = this.#failure === undefined ? this.#delays.readMs() : 0;
    return this.#answer(read, delayMs);
  }

  /** Reads now and tells the outcome after the delay; without one it takes no event of the clock. */
  #answer<T>(read: () => T, delayMs: number): Promise<T> {
    if (this.#isDead) return never();
    try {
      this.#checkOpen();
      const value = read();
      return delayMs > 0
        ? this.#later(delayMs, (resolve) => resolve(value))
        : Promise.resolve(value);
    } catch (error) {
      return delayMs > 0
        ? this.#later(delayMs, (_, reject) => reject(error))
        : Promise.reject(error);
    }
  }

  #later<T>(
    delayMs: number,
    settle: (resolve: (value: T) => void, reject: (error: unknown) => void) => void,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#parts.clock.setTimer(delayMs, () => {
        if (!this.#isDead) {
          this.#parts.enter(() => settle(resolve, reject));
        }
      });
    });
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) {
      throw new StorageError("Cannot use the simulated disk: the engine is closed");
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  #closeWhenIdle(): void {
    if (this.#closing !== undefined && this.#queue.isIdle) {
      this.#syncTimer?.cancel();
      this.#parts.closed();
      this.#parts.enter(this.#closing.resolve);
    }
  }
}

/** What a dead engine answers. */
function never<T>(): Promise<T> {
  return new Promise(() => {});
}
