/*
 * The object buffer of a storage node (paper 6.1; D-6.1-2 to D-6.1-5).
 *
 * Problem: a write that waits for the disk has the disk's latency, and its peaks decide the 99.9th percentile. Sketch: a
 * write is acknowledged once it is in memory, only the newest version of a row is kept, and a writer stores everything
 * periodically in one batch. The price: a crash loses what was acknowledged and not stored (K-16), so one of the N replicas of
 * a write is asked to be durable.
 *
 * What is promised:
 *
 * - Reads see a write at once, whether it is buffered, on its way or stored.
 * - A buffered write is acknowledged and not durable; a durable one is acknowledged when the engine below has it, and only
 *   its rows go down, with those of other durable writes that it waits a little for, not the buffer. A full buffer acknowledges nothing: the write goes through to the engine below.
 * - Tables other than records and hints are never buffered. A write to one takes down, in one batch with itself, everything that was
 *   acknowledged before it, and shares no batch with theirs: whoever reads it after a crash finds that too. (A mark "all that I minted is stored" can be relied on.)
 * - A flush that fails loses nothing: its rows stay in the buffer and are tried again each period. Until the
 *   engine below has stored something, or nothing is left to store, new writes go through, so that nobody is promised what
 *   this disk may never keep. Where the engine below is dead for good every write is refused, and what is held is lost.
 * - A batch is one batch below as well, unless a write that went through has overtaken one of its rows.
 */

import { NextRun } from "../base/next-run.ts";
import type { Clock, Timer } from "../env/clock.ts";
import type { Environment } from "../env/environment.ts";
import type { BufferWatch } from "./buffer-watch.ts";
import type { Slot } from "./buffered-rows.ts";
import { BufferedRows } from "./buffered-rows.ts";
import { countUnder } from "./count-under.ts";
import type { Engine, Entry, ScanOptions, TableName, Write, WriteOptions } from "./engine.ts";
import { EngineTrust } from "./engine-trust.ts";
import { checkScan, checkWrites } from "./limits.ts";
import type { PassReason } from "./pass-reason.ts";
import { passReason } from "./pass-reason.ts";
import { PassThrough } from "./pass-through.ts";
import { PendingWrites } from "./pending-writes.ts";
import { closedError, lossError } from "./write-buffer-errors.ts";
import type { WriteBufferMetrics } from "./write-buffer-metrics.ts";
import { writeBufferMetrics } from "./write-buffer-metrics.ts";

export interface WriteBufferOptions {
  /** Rows the buffer takes, 1 or more; the paper's figure is 1,000. More: fewer waits, more to lose. */
  readonly objectsMax: number;
  /** The longest a row waits for its flush. Longer: more writes of a row become one, and a crash loses more. */
  readonly flushMs: number;
  /** The longest a durable write waits for others while more of them come, 0 or more. Longer: fewer commits, later acknowledgements. */
  readonly gatherMs: number;
}

export interface WriteBufferParts {
  readonly engine: Engine;
  readonly watch?: BufferWatch;
}

/** An engine around any engine. */
export class WriteBuffer implements Engine {
  readonly name: string;
  /** A power failure takes what is in memory, whatever the engine below promises. */
  readonly synced = false;
  readonly buffered = true;
  /** Of tables that are not buffered: a write to one takes all before it along. */
  readonly ordered: boolean;
  readonly #clock: Clock;
  readonly #environment: WriteBufferEnvironment;
  readonly #engine: Engine;
  readonly #watch: BufferWatch | undefined;
  readonly #options: WriteBufferOptions;
  readonly #metrics: WriteBufferMetrics;
  readonly #rows = new BufferedRows();
  readonly #done = Promise.resolve();
  readonly #through: PassThrough;
  #timer: Timer | undefined;
  #flushing: Promise<void> | undefined;
  readonly #trust: EngineTrust;
  #closing: Promise<void> | undefined;
  readonly #syncs = new NextRun(() => this.#passAcknowledged());

  constructor(
    environment: WriteBufferEnvironment,
    { engine, watch }: WriteBufferParts,
    options: WriteBufferOptions,
  ) {
    this.name = `${engine.name}, buffered`;
    this.ordered = engine.ordered;
    this.#environment = environment;
    this.#clock = environment.clock;
    this.#engine = engine;
    this.#watch = watch;
    this.#options = options;
    this.#trust = new EngineTrust(environment);
    this.#through = new PassThrough({
      clock: environment.clock,
      engine,
      rows: this.#rows,
      watch,
      gatherMs: options.gatherMs,
      onBatchStored: () => this.#trust.recovered(),
      onBatchFailed: (error) => this.#trust.failed(error),
      onBatchEnded: () => this.#arm(),
    });
    this.#metrics = writeBufferMetrics(environment.metrics, {
      count: () => this.#rows.count,
      sizeBytes: () => this.#rows.sizeBytes,
    });
  }

  get failure(): Engine["failure"] {
    return this.#trust.death ?? this.#engine.failure;
  }

  /** Rows that a crash now would lose. */
  get occupancy(): number {
    return this.#rows.count;
  }

  /** What of a table is held here, and hides what the engine below has; for those who look into nodes from outside. */
  heldRows(table: TableName): Iterable<Write> {
    return this.#rows.of(table);
  }

  get(table: TableName, key: Uint8Array): Promise<Uint8Array | undefined> {
    if (this.#closing !== undefined) return Promise.reject(closedError());
    this.#watch?.rowRead(table, key);
    const buffered = this.#rows.get(table, key);
    return buffered === undefined ? this.#engine.get(table, key) : Promise.resolve(buffered.value);
  }

  write(writes: readonly Write[], { durable = false }: WriteOptions = {}): Promise<void> {
    try {
      if (this.#closing !== undefined) throw closedError();
      if (this.#trust.death !== undefined) throw this.#trust.death;
      checkWrites(writes);
    } catch (error) {
      return Promise.reject(error);
    }
    if (writes.length === 0) return this.#done;
    const reason = passReason(writes, durable, {
      rows: this.#rows,
      objectsMax: this.#options.objectsMax,
      isFailing: this.#trust.isFailing,
    });
    if (reason !== undefined) {
      this.#metrics.passedThrough[reason].increment();
      return this.#passThrough(writes, reason);
    }
    this.#hold(writes);
    return this.#done;
  }

  async scan(table: TableName, options: ScanOptions): Promise<readonly Entry[]> {
    if (this.#closing !== undefined) throw closedError();
    checkScan(options);
    // As the rows are now: what is stored meanwhile may be missing in what the engine below was asked for before.
    const buffered = new PendingWrites();
    const writes = [...this.#rows.of(table)];
    buffered.add(writes);
    // Each removal hides at most one entry below; what is put there takes an entry's place, or is one more.
    const limit = options.limit + buffered.removalsIn(table, options);
    return buffered.overlay(table, await this.#engine.scan(table, { ...options, limit }), options);
  }

  async count(table: TableName): Promise<number> {
    if (this.#closing !== undefined) throw closedError();
    return countUnder(this.#engine, table, [...this.#rows.of(table)]);
  }

  /** Stores what is in the buffer now; rejects with StorageError where that fails, and the rows stay. */
  flush(): Promise<void> {
    // What is under way began without the newest rows.
    if (this.#flushing !== undefined) return this.#flushing.then(() => this.flush());
    this.#flushing = this.#flush().finally(() => {
      this.#flushing = undefined;
      this.#arm();
    });
    return this.#flushing;
  }

  /** Resolves once the engine below has all that was acknowledged before the call; rejects with StorageError where it does not take it, and the rows stay. */
  sync(): Promise<void> {
    return this.#syncs.ask();
  }

  /** Stores everything, then closes the engine below; rejects with StorageError where rows were lost. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #hold(writes: readonly Write[]): void {
    for (const write of writes) {
      const isCoalesced = this.#rows.hold(write);
      this.#environment.assertions.sometimes(
        "a write took the place of an older one in the buffer",
        isCoalesced,
      );
      if (isCoalesced) this.#metrics.coalesced.increment();
    }
    this.#watch?.written(writes);
    this.#watch?.acknowledged(writes);
    if (this.#rows.count >= this.#options.objectsMax * FLUSH_FROM_SHARE) this.#flushInBackground();
    else this.#arm();
  }

  #passThrough(writes: readonly Write[], reason: PassReason): Promise<void> {
    switch (reason) {
      case "durable":
        return this.#through.gather(writes);
      case "table":
        return this.#through.passWithAcknowledged(writes);
      case "failing":
        return this.#through.pass(writes);
      case "full":
        this.#environment.assertions.reachable("a write found the buffer full and went through");
        this.#flushInBackground();
        return this.#through.pass(writes);
    }
  }

  /** A flush leaves out what is on its way already, or hidden by what is, and may yet be held again. */
  async #passAcknowledged(): Promise<void> {
    if (this.#closing !== undefined) throw closedError();
    if (this.#rows.count > 0) await this.#through.passWithAcknowledged([]);
  }

  /** Errors are counted, logged and tried again: whoever wants to know calls `flush`. */
  #flushInBackground(): void {
    if (this.#flushing === undefined) this.flush().catch(ignoreTold);
  }

  async #flush(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#through.handOn();
    const slots: readonly Slot[] = this.#rows.takeHeld();
    // No timer is armed where nothing is held, so no flush would ever end the failing.
    if (slots.length === 0) {
      this.#trust.recovered();
      return;
    }
    const { assertions, log } = this.#environment;
    try {
      await this.#engine.write(slots.map(({ write }) => write));
    } catch (error) {
      this.#rows.failed(slots);
      this.#trust.flushFailed(error);
      this.#metrics.flushFailures.increment();
      assertions.reachable("a flush of the buffer failed");
      log.error({ err: error, rows: slots.length }, "Cannot flush the write buffer");
      throw error;
    }
    this.#trust.recovered();
    this.#rows.stored(slots);
    this.#metrics.flushes.increment();
    this.#metrics.flushed.increment(slots.length);
  }

  /** One timer while anything waits that may yet be stored, none while nothing does. */
  #arm(): void {
    if (this.#timer !== undefined || this.#rows.count === 0) return;
    if (this.#trust.death !== undefined) return;
    if (this.#flushing !== undefined || this.#closing !== undefined) return;
    this.#timer = this.#clock.setTimer(this.#options.flushMs, () => {
      this.#timer = undefined;
      this.#flushInBackground();
    });
  }

  async #close(): Promise<void> {
    this.#timer?.cancel();
    this.#through.handOn();
    await Promise.allSettled([...this.#through.underWay, this.#flushing]);
    let loss: Error | undefined;
    try {
      await this.flush();
    } catch (error) {
      loss = lossError(this.#rows.count, error);
    }
    try {
      await this.#engine.close();
    } catch (error) {
      if (loss === undefined) throw error;
      this.#environment.log.error({ err: error }, "Cannot close the engine below the write buffer");
    }
    if (loss !== undefined) throw loss;
  }
}

export type WriteBufferEnvironment = Pick<Environment, "clock" | "metrics" | "log" | "assertions">;

/** A flush begins at this share of the capacity, so that a steady load does not find the buffer full. */
const FLUSH_FROM_SHARE = 0.5;

/** The failure was counted and logged. */
function ignoreTold(): void {}
