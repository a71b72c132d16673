import { equalBytes } from "../base/bytes.ts";
import type { NodeId } from "../base/ids.ts";
import type { Environment } from "../env/environment.ts";
import type { Ring } from "../ring/ring.ts";
import { byteString } from "../storage/byte-strings.ts";
import type { Engine, WriteOptions } from "../storage/engine.ts";
import { DamageError, StorageError } from "../storage/engine.ts";
import type { DroppedHints } from "./dropped-hints.ts";
import type { HintIndex } from "./hint-index.ts";
import type { HintLimits, HintRoomStatus } from "./hint-room.ts";
import { HintRoom } from "./hint-room.ts";
import type { ReplicaMetrics } from "./replica-metrics.ts";
import type { Row } from "./row.ts";
import { recordOf, rowSizeBytes } from "./row.ts";
import { hintPrefix, hintRowKey, parseHintRowKey } from "./row-keys.ts";
import type { Place, Rows } from "./rows.ts";
import { readStored } from "./rows.ts";

/** A write kept for another node. */
export interface Hint {
  readonly rowKey: Uint8Array;
  readonly key: Uint8Array;
  readonly record: Uint8Array;
}

/** Where a hint stands. */
export type HintPlace = Place & { readonly owner: NodeId };

export function isHintPlace(place: Place): place is HintPlace {
  return place.owner !== undefined;
}

export interface HintRowsParts {
  readonly engine: Engine;
  readonly ring: () => Ring;
  readonly rows: Rows;
  readonly index: HintIndex;
  /** Told of each hint that is gone. */
  readonly dropped: DroppedHints;
  /** How many hints are kept at most; undefined: as many as come. */
  readonly hintLimits?: HintLimits;
  readonly metrics: ReplicaMetrics;
  /** Runs `change` while nobody else changes the key. */
  readonly locked: <T>(keyText: string, change: () => Promise<T>) => Promise<T>;
}

/** The rows that a node keeps for others (paper 4.6; D-4.6-3), beside its own. Errors as of Replica. */
export class HintRows {
  readonly #env: Environment;
  readonly #parts: HintRowsParts;
  readonly #room: HintRoom;

  constructor(env: Environment, parts: HintRowsParts) {
    this.#env = env;
    this.#parts = parts;
    this.#room = new HintRoom(env, parts.index, parts.hintLimits);
  }

  get count(): number {
    return this.#parts.index.count;
  }

  /** How many keys are kept for each node that anything is kept for. */
  get countByOwner(): ReadonlyMap<NodeId, number> {
    return this.#parts.index.countByOwner;
  }

  room(): HintRoomStatus {
    return this.#room.status();
  }

  /** For whom the key is kept. */
  ownersOf(keyText: string): readonly NodeId[] {
    return this.#parts.index.ownersOf(keyText);
  }

  placeOf(owner: NodeId, key: Uint8Array, keyText: string): HintPlace {
    const rowKey = hintRowKey(owner, this.#parts.ring().partitionOf(key), key);
    return { table: "hints", rowKey, keyText, owner };
  }

  /** As of `Rows.write`. Throws DynamoError hints-full, before anything is changed. */
  write(place: HintPlace, row: Row, options: WriteOptions | undefined): Promise<void> {
    this.#env.assertions.sometimes(
      "a hint was stored for an owner without one",
      !this.ownersOf(place.keyText).includes(place.owner),
    );
    const sizeBytes = place.rowKey.length + rowSizeBytes(row);
    this.#room.claim(place.keyText, place.owner, sizeBytes);
    this.#parts.metrics.hintsStored.increment();
    return this.#parts.rows.write(place, row, options).catch(async (error: unknown) => {
      await this.#recount(place);
      throw error;
    });
  }

  /**
   * The record of a hint, for a reader who has read the node's own row. A damaged one is left out where there is such a row: a
   * node with a row of its own is one of the key's primaries, whose answer stands for its own slot, and all that it acknowledged for
   * that slot is in that row; a read looks for the owner's slot elsewhere. Without such a row the hint is all there was, and passes
   * for nothing no more than a row does: DamageError.
   */
  async recordBeside(
    own: Uint8Array | undefined,
    owner: NodeId,
    rowKey: Uint8Array,
  ): Promise<Uint8Array | undefined> {
    try {
      return await this.#parts.rows.record("hints", rowKey);
    } catch (error) {
      if (own === undefined || !(error instanceof DamageError)) throw error;
      this.#env.assertions.reachable("a read left a damaged hint out beside its own row");
      this.#env.log.error({ owner, err: error }, "A hint is damaged; its key's own row is whole");
      return undefined;
    }
  }

  /**
   * Hints for one node in the order of their row keys, beginning after `after`, the last row key of the page before. Those
   * that are damaged, or cannot be read, are left out and told of.
   */
  async scan(
    owner: NodeId,
    { after, limit }: { readonly after?: Uint8Array | undefined; readonly limit: number },
  ): Promise<readonly Hint[]> {
    const prefix = hintPrefix(owner);
    for (let from = after; ; ) {
      const options = from === undefined ? { prefix, limit } : { prefix, after: from, limit };
      const entries = await this.#parts.engine.scan("hints", options);
      const hints: Hint[] = [];
      for (const { key: rowKey, value } of entries) {
        const hint = await this.#hintOf(owner, rowKey, value).catch(this.#toldOf);
        if (hint !== undefined) hints.push(hint);
      }
      if (hints.length > 0 || entries.length < limit) {
        return hints;
      }
      from = entries.at(-1)?.key;
    }
  }

  /**
   * Removes a hint that was delivered, unless its record is no longer the one that was; then it stays, and the answer is
   * false. Resolves when the removal is durable; the key is locked until then, since what is known of the hint (the index, its room, that
   * tombstones have to wait) goes with it: of one that came meanwhile, or that a failed removal brings back, it would be wrong.
   */
  async drop(owner: NodeId, key: Uint8Array, record: Uint8Array): Promise<boolean> {
    const place = this.placeOf(owner, key, byteString(key));
    return await this.#parts.locked(place.keyText, async () => {
      await this.#parts.rows.underWay(place)?.catch(ignoreTold);
      const row = await this.#parts.rows.read(place);
      if (row === undefined) {
        return false;
      }
      if (!equalBytes(row.record, record)) {
        this.#env.assertions.reachable("a hint changed during its delivery and stayed");
        return false;
      }
      await this.#remove(place);
      this.#parts.metrics.hintsDropped.increment();
      return true;
    });
  }

  /** Undefined where it was damaged, and is removed. */
  async #hintOf(
    owner: NodeId,
    rowKey: Uint8Array,
    value: Uint8Array | undefined,
  ): Promise<Hint | undefined> {
    const { key } = readStored(() => parseHintRowKey(rowKey));
    if (value !== undefined) return { rowKey, key, record: readStored(() => recordOf(value)) };
    await this.#dropDamaged(owner, key);
    return undefined;
  }

  /** One hint that cannot be read, or removed, holds up no other. It stays, and is looked at again by each scan. */
  readonly #toldOf = (error: unknown): undefined => {
    if (!(error instanceof StorageError)) throw error;
    this.#parts.metrics.unreadableHints.increment();
    this.#env.log.error({ err: error }, "Cannot read a hint that should be delivered");
  };

  /** Nobody will ever read it, and its owner gets what it held from those who hold it, too. A new hint in its place stays. */
  async #dropDamaged(owner: NodeId, key: Uint8Array): Promise<void> {
    const place = this.placeOf(owner, key, byteString(key));
    await this.#parts.locked(place.keyText, async () => {
      if ((await this.#parts.rows.read(place)) !== undefined) {
        return;
      }
      this.#env.assertions.reachable("a damaged hint was removed");
      this.#env.log.error({ owner }, "A hint is damaged and cannot be delivered");
      await this.#remove(place);
      this.#parts.metrics.damagedHintsDropped.increment();
    });
  }

  async #remove(place: HintPlace): Promise<void> {
    await this.#parts.rows.remove(place);
    this.#parts.dropped.dropped(place.keyText);
    this.#parts.index.set(place.keyText, place.owner, undefined);
    this.#room.freed();
  }

  /** After a lost write: the hint is back to what it was, which may be nothing. */
  async #recount({ keyText, table, rowKey, owner }: HintPlace): Promise<void> {
    this.#env.assertions.reachable("the write of a hint was lost");
    await this.#parts.locked(keyText, async () => {
      try {
        const bytes = await this.#parts.engine.get(table, rowKey);
        // It may have been delivered while it was there.
        if (bytes === undefined) this.#parts.dropped.dropped(keyText);
        this.#parts.index.set(keyText, owner, bytes && rowKey.length + bytes.length);
        this.#room.freed();
      } catch (error) {
        // Counted too often, the hint is looked for and not found; that harms nobody.
        this.#env.log.warn({ error }, "Cannot look for a hint whose write was lost.");
      }
    });
  }
}

/** The failure is told to whoever wrote the row. */
function ignoreTold(): void {}
