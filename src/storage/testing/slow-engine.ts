import { eventLoopTurn } from "../../platform/testing/event-loop-turn.ts";
import type { Engine, Entry, ScanOptions, TableName, Write } from "../engine.ts";
import { FatalStorageError, StorageError } from "../engine.ts";
import { checkScan, checkWrites } from "../limits.ts";
import { MemoryEngine } from "../memory-engine.ts";
import { PendingWrites } from "../pending-writes.ts";

/**
 * An engine whose writes finish, in order, only when the test says so, well or badly. "Durable" is what it has
 * finished: `durable` reads past the writes under way, as a restart after a crash would.
 */
export class SlowEngine implements Engine {
  readonly name = "slow";
  readonly synced = true;
  readonly ordered = true;
  readonly durable: MemoryEngine;
  readonly #pending = new PendingWrites();
  readonly #queue: Queued[] = [];
  /** Writes from now on finish by themselves, a turn later. */
  auto: boolean;
  readonly #tellsLate: boolean;
  #closed = false;
  #death: FatalStorageError | undefined;

  constructor({
    auto = false,
    tellsLate = false,
    durable = new MemoryEngine(),
  }: SlowEngineOptions = {}) {
    this.auto = auto;
    this.#tellsLate = tellsLate;
    this.durable = durable;
  }

  get failure(): FatalStorageError | undefined {
    return this.#death;
  }

  /** Writes that are under way. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** Finishes the oldest write under way. `dead`: it fails, and all others do, and all that come. */
  async finishOne(outcome: "stored" | "failed" | "dead"): Promise<void> {
    if (outcome === "dead")
      this.#death ??= new FatalStorageError("Cannot write: the engine is dead");
    const queued = this.#queue.shift();
    if (queued === undefined) {
      return;
    }
    const stored = outcome === "stored" ? this.durable.write(queued.writes) : undefined;
    this.#pending.settle(queued.writes);
    await stored;
    if (this.#tellsLate) {
      await eventLoopTurn();
      await eventLoopTurn();
    }
    if (outcome === "stored") {
      queued.resolve();
    } else {
      queued.reject(this.#death ?? new StorageError("Cannot write: the test says so"));
    }
    if (outcome === "dead") await this.finishOne("dead");
  }

  async get(table: TableName, key: Uint8Array): Promise<Uint8Array | undefined> {
    const write = this.#pending.get(table, key);
    return write === undefined ? this.durable.get(table, key) : write.value;
  }

  async write(writes: readonly Write[]): Promise<void> {
    checkWrites(writes);
    if (this.#closed) {
      throw new StorageError("Cannot write: the engine is closed");
    }
    if (writes.length === 0) {
      return;
    }
    if (this.#death !== undefined) throw this.#death;
    this.#pending.add(writes);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#queue.push({ writes, resolve, reject });
    if (this.auto) {
      void eventLoopTurn().then(() => this.finishOne("stored"));
    }
    await promise;
  }

  async scan(table: TableName, options: ScanOptions): Promise<readonly Entry[]> {
    checkScan(options);
    const everything = { ...options, limit: Number.MAX_SAFE_INTEGER };
    return this.#pending.overlay(table, await this.durable.scan(table, everything), options);
  }

  async count(table: TableName): Promise<number> {
    return (await this.scan(table, { limit: Number.MAX_SAFE_INTEGER })).length;
  }

  async close(): Promise<void> {
    this.#closed = true;
    while (this.#queue.length > 0) {
      await this.finishOne("stored");
    }
    await this.durable.close();
  }
}

interface Queued {
  readonly writes: readonly Write[];
  readonly resolve: () => void;
  readonly reject: (error: StorageError) => void;
}

interface SlowEngineOptions {
  /** As it begins. */
  readonly auto?: boolean;
  /** The promise of a write settles some turns after the engine shows its outcome; in order, like all else. */
  readonly tellsLate?: boolean;
  /** What an engine before this one has finished. */
  readonly durable?: MemoryEngine;
}
