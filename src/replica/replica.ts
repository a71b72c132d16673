import { FormatError } from "../base/binary.ts";
import { equalBytes } from "../base/bytes.ts";
import type { NodeId } from "../base/ids.ts";
import type { Clock, Siblings, Versioning } from "../causality/versioning.ts";
import { CLOCK_SKEW_MS_MAX } from "../causality/versioning.ts";
import type { Environment } from "../env/environment.ts";
import { DynamoError } from "../protocol/errors.ts";
import type { Ring } from "../ring/ring.ts";
import type { Engine, WriteOptions } from "../storage/engine.ts";
import { DroppedHints } from "./dropped-hints.ts";
import { HeldRecords } from "./held-records.ts";
import type { HintIndex } from "./hint-index.ts";
import { loadHints, removeHints } from "./hint-index.ts";
import type { HintLimits } from "./hint-room.ts";
import { HintRows } from "./hint-rows.ts";
import { KeyLock } from "./key-lock.ts";
import type { Life } from "./life.ts";
import { LocalActors } from "./local-actors.ts";
import { LostRows } from "./lost-rows.ts";
import type { Minted, MintOptions } from "./minting.ts";
import { Minting } from "./minting.ts";
import { PlacedRows } from "./placed-rows.ts";
import type { RecordLimits } from "./record-limits.ts";
import { RECORD_LIMITS } from "./record-limits.ts";
import { RecordWatch } from "./record-watch.ts";
import type { ReplicaMetrics } from "./replica-metrics.ts";
import { replicaMetrics } from "./replica-metrics.ts";
import type { FoundRow, LossWatch, Place } from "./rows.ts";
import { Rows } from "./rows.ts";
import type { SkewStatus } from "./skew-watch.ts";
import { SkewWatch } from "./skew-watch.ts";
import { TombstoneRows } from "./tombstone-rows.ts";
import { TreeKeeper } from "./tree-keeper.ts";

/** What a replica is made of. */
export interface ReplicaParts {
  readonly engine: Engine;
  readonly versioning: Versioning;
  readonly ring: () => Ring;
  readonly nodeId: NodeId;
  /** Begun, which is stored, before this. */
  readonly life: Life;
  /** Default `RECORD_LIMITS`. */
  readonly limits?: RecordLimits;
  /** How far ahead of this node's clock a record may be where the last write wins. Default `CLOCK_SKEW_MS_MAX`. */
  readonly clockSkewMaxMs?: number;
  /** How many hints are kept at most; undefined: as many as come. */
  readonly hintLimits?: HintLimits;
  /** For how long a hint that is gone counts as one that is kept where tombstones are asked for. Default 0: not at all. */
  readonly tombstoneGraceMs?: number;
}

/**
 * A node's own copies (architecture, "A key's data"): rows of its own and rows it keeps for others.
 *
 * Every change of a key's rows happens under the key's lock, which is held while rows are read and merged and handed to
 * the engine, not while they become durable: a row is visible as soon as the engine has it, so the next change builds on
 * it, and the engine commits both together. Whoever acknowledges waits for the durability of what the answer is about,
 * also where the change was none because an equal write is still under way.
 *
 * Errors: StorageError of the engine, or where a stored row cannot be read. A damaged row is never served and never passes for
 * none to a reader; whoever writes puts a new one in its place, and a damaged hint is removed when it should be delivered.
 */
export class Replica {
  /** What the node keeps for others. */
  readonly hints: HintRows;
  /** Rows that hold tombstones only. */
  readonly tombstones: TombstoneRows;
  /** Rows of ranges that the node does not own any more. */
  readonly lost: LostRows;
  /** The hash trees of the node's own rows; whoever runs the node starts them. */
  readonly trees: TreeKeeper;
  readonly #env: Environment;
  readonly #parts: ReplicaParts;
  readonly #rows: Rows;
  readonly #held: HeldRecords;
  readonly #dropped: DroppedHints;
  readonly #lock = new KeyLock();
  readonly #metrics: ReplicaMetrics;
  readonly #placed: PlacedRows;
  readonly #minting: Minting;
  readonly #skew: SkewWatch;

  private constructor(env: Environment, parts: ReplicaParts, index: HintIndex) {
    this.#env = env;
    this.#parts = parts;
    const actors = new LocalActors(parts.nodeId, parts.life);
    this.#metrics = replicaMetrics(env.metrics, () => index.count);
    const { engine, versioning, ring } = parts;
    this.trees = new TreeKeeper(env, {
      engine,
      partitionCount: ring().partitionCount,
      canonical: (record) => versioning.fingerprintBytes(record),
    });
    this.#rows = new Rows({
      ...parts,
      watch: this.trees,
      actors,
      lost: this.#metrics.writesLost,
      damaged: this.#metrics.damagedRows,
      assertions: env.assertions,
    });
    const locked = <T>(keyText: string, change: () => Promise<T>): Promise<T> =>
      this.#locked(keyText, change);
    this.#dropped = new DroppedHints(env.clock, {
      graceMs: parts.tombstoneGraceMs ?? 0,
      before: parts.life.droppedBefore,
    });
    this.hints = new HintRows(env, {
      ...parts,
      index,
      dropped: this.#dropped,
      rows: this.#rows,
      metrics: this.#metrics,
      locked,
    });
    this.#held = new HeldRecords({
      ...parts,
      rows: this.#rows,
      hints: this.hints,
      assertions: env.assertions,
    });
    this.tombstones = new TombstoneRows({
      engine: parts.engine,
      versioning: parts.versioning,
      rows: this.#rows,
      placeOf: (key) => this.#held.placeOf(key, undefined),
      assertions: env.assertions,
      wasHinted: (keyText) => this.#dropped.isRecent(keyText),
      isHinted: (keyText) => index.ownersOf(keyText).length > 0,
      locked,
    });
    this.lost = new LostRows({
      engine,
      versioning,
      rows: this.#rows,
      placeOf: (key) => this.#held.placeOf(key, undefined),
      locked,
    });
    this.#skew = new SkewWatch(env, parts.clockSkewMaxMs ?? CLOCK_SKEW_MS_MAX);
    this.#placed = new PlacedRows({
      engine,
      rows: this.#rows,
      hints: this.hints,
      metrics: this.#metrics,
      assertions: env.assertions,
    });
    this.#minting = new Minting(env, {
      versioning,
      actors,
      rows: this.#rows,
      heldRecords: this.#held,
      placed: this.#placed,
      lock: this.#lock,
      watch: new RecordWatch(env, parts.limits ?? RECORD_LIMITS),
      skew: this.#skew,
    });
  }

  /** Finds the hints that earlier lives left, removes those that are damaged, then is ready. */
  static async open(env: Environment, parts: ReplicaParts): Promise<Replica> {
    const { index, damaged } = await loadHints(parts.engine);
    env.assertions.sometimes("a node started with hints of an earlier life", index.count > 0);
    const replica = new Replica(env, parts, index);
    if (damaged.length > 0) {
      env.log.error({ count: damaged.length }, "Hints are damaged and cannot be delivered");
      await removeHints(parts.engine, damaged, (count) => {
        replica.#dropped.droppedAny();
        replica.#metrics.damagedHintsDropped.increment(count);
      });
    }
    return replica;
  }

  /**
   * Canonical bytes of everything this node holds of the key, hints included (D-4.6-5); undefined for nothing. Beside a whole row
   * of its own a damaged hint is left out, as of `HintRows.recordBeside`.
   */
  read(key: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#held.all(key);
  }

  /** Canonical bytes of the node's own row of the key, hints left out; undefined for none. */
  own(key: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#held.own(key);
  }

  /**
   * Merges a record into the node's own row of the key, or, with `hintFor`, into the one it keeps for that node. Resolves
   * when everything in `record` is as durable here as the engine makes it, or as `options` asks. Throws DynamoError
   * bad-request for bytes that are no record, hints-full where there is no room for the hint; then nothing was changed.
   */
  async store(
    key: Uint8Array,
    record: Uint8Array,
    hintFor: NodeId | undefined,
    options?: WriteOptions,
  ): Promise<void> {
    const place = this.#held.placeOf(key, hintFor);
    const turn = this.#lock.acquire(place.keyText);
    if (turn !== undefined) await turn.comes;
    let stored: Promise<void> | undefined;
    try {
      const row = await this.#rows.read(place);
      stored = this.#merge(place, row, record, options);
    } finally {
      this.#lock.release(place.keyText);
    }
    await stored;
  }

  /**
   * A coordinator's write (architecture, "Write"): puts `payload` over what `context` covers, under a new dot, into the
   * node's own row or the one it keeps for `hintFor`. Resolves when the record is visible here; `stored` tells when it is
   * durable. `isWithdrawn` is asked when the write's turn on its key has come and once more before anything is changed;
   * a write that is withdrawn by then leaves nothing behind and rejects with DynamoError overloaded, one with too many
   * siblings with too-many-siblings, one that leaves a clock for which there is no context with clock-too-long, and one that
   * there is no room for with hints-full. Where this node's disk loses writes, a write that it does not take rejects with
   * StorageError before anything is changed (`DiskDoubt`). A write whose operation is among what this node holds is not made again (K-11): then what it holds is what is to be replicated.
   */
  mint(
    key: Uint8Array,
    context: Clock,
    payload: Uint8Array,
    hintFor: NodeId | undefined,
    options?: MintOptions,
  ): Promise<Minted> {
    return this.#minting.mint({ key, context, payload, hintFor }, options);
  }

  /**
   * Notes the end of the node's life, after its last mint: where a write was lost, what it minted may be known elsewhere and be
   * missing here, so then nothing is noted.
   */
  async end(): Promise<void> {
    await this.#rows.settled();
    if (this.#rows.lostCount === 0) await this.#parts.life.end(this.#dropped.row());
  }

  /** As of `Rows.lossWatch`. */
  lossWatch(options?: WriteOptions): LossWatch {
    return this.#rows.lossWatch(options);
  }

  lostWriteCount(): number {
    return this.#rows.lostCount;
  }

  /** Clocks ahead of this node's, as records told; only where the last write wins. */
  skewStatus(): SkewStatus {
    return this.#skew.status;
  }

  /** Puts the received record where it changes something. Returns what its acknowledgement has to wait for. */
  #merge(
    place: Place,
    row: FoundRow | undefined,
    received: Uint8Array,
    options: WriteOptions | undefined,
  ): Promise<void> | undefined {
    const { versioning } = this.#parts;
    if (row !== undefined && equalBytes(row.record, received)) {
      return this.#placed.unchanged(place, row, options);
    }
    const arriving = decodeReceived(versioning, received);
    this.#skew.seen(versioning.writeTime?.(arriving));
    if (row === undefined) {
      return this.#placed.write(place, { localActor: undefined, record: received }, options);
    }
    const { localActor } = row;
    const held = this.#rows.siblings(row.record);
    // Merging tells by identity which side is the result already. Of two values with one clock, possible in the
    // paper's modes, that is the stored one (K-2).
    const merged = versioning.merge(held, arriving);
    if (merged === held) {
      this.#env.assertions.reachable("a replica received what it had overtaken");
      return this.#placed.unchanged(place, row, options);
    }
    if (merged === arriving) {
      return this.#placed.write(place, { localActor, record: received }, options);
    }
    const { assertions } = this.#env;
    assertions.sometimes("a replica merged concurrent versions", place.owner === undefined);
    assertions.sometimes("a hint was merged into one that is kept", place.owner !== undefined);
    assertions.sometimes("a replica merged three versions or more", merged.payloads.length > 2);
    this.#metrics.merges.increment();
    const record = versioning.encode(merged);
    return this.#placed.write(place, { localActor, record }, options);
  }

  async #locked<T>(keyText: string, change: () => Promise<T>): Promise<T> {
    const turn = this.#lock.acquire(keyText);
    if (turn !== undefined) await turn.comes;
    try {
      return await change();
    } finally {
      this.#lock.release(keyText);
    }
  }
}

function decodeReceived(versioning: Versioning, record: Uint8Array): Siblings {
  try {
    return versioning.decode(record);
  } catch (error) {
    if (error instanceof FormatError) {
      throw new DynamoError("bad-request", error.message, { cause: error });
    }
    throw error;
  }
}
