import { FormatError } from "../base/binary.ts";
import { equalBytes } from "../base/bytes.ts";
import type { NodeId } from "../base/ids.ts";
import type { Clock, Siblings, Versioning } from "../causality/versioning.ts";
import type { Environment } from "../env/environment.ts";
import { DynamoError } from "../protocol/errors.ts";
import { isDoneAlready, withKnownOperations } from "../protocol/operations.ts";
import type { Ring } from "../ring/ring.ts";
import { byteString } from "../storage/byte-strings.ts";
import type { Engine } from "../storage/engine.ts";
import type { HintIndex } from "./hint-index.ts";
import { loadHintIndex } from "./hint-index.ts";
import { KeyLock } from "./key-lock.ts";
import { LocalActors } from "./local-actors.ts";
import type { ReplicaMetrics } from "./replica-metrics.ts";
import { replicaMetrics } from "./replica-metrics.ts";
import type { Row } from "./row.ts";
import { recordOf } from "./row.ts";
import { hintPrefix, hintRowKey, parseHintRowKey, recordRowKey } from "./row-keys.ts";
import type { Place } from "./rows.ts";
import { Rows, readStored } from "./rows.ts";

/** What a replica is made of. */
export interface ReplicaParts {
  readonly engine: Engine;
  readonly versioning: Versioning;
  readonly ring: () => Ring;
  readonly nodeId: NodeId;
  /** Of `startIncarnation`, stored before this. */
  readonly incarnation: string;
}

/** A coordinator's own write. */
export interface Minted {
  /** Canonical bytes of `siblings`, to be sent to the other replicas. */
  readonly record: Uint8Array;
  /** Everything this node holds of the key, with the new version. */
  readonly siblings: Siblings;
  /** Resolves when the record is durable here, rejects with StorageError; the caller must handle it. */
  readonly stored: Promise<void>;
}

/** A write kept for another node. */
export interface Hint {
  readonly rowKey: Uint8Array;
  readonly key: Uint8Array;
  readonly record: Uint8Array;
}

/**
 * A node's own copies (architecture, "A key's data"): rows of its own and rows it keeps for others.
 *
 * Every change of a key's rows happens under the key's lock, which is held while rows are read and merged and handed to
 * the engine, not while they become durable: a row is visible as soon as the engine has it, so the next change builds on
 * it, and the engine commits both together. Whoever acknowledges waits for the durability of what the answer is about,
 * also where the change was none because an equal write is still under way.
 *
 * Errors: StorageError of the engine, or where a stored row is damaged.
 */
export class Replica {
  readonly #env: Environment;
  readonly #parts: ReplicaParts;
  readonly #actors: LocalActors;
  readonly #rows: Rows;
  readonly #hints: HintIndex;
  readonly #lock = new KeyLock();
  readonly #metrics: ReplicaMetrics;

  private constructor(env: Environment, parts: ReplicaParts, hints: HintIndex) {
    this.#env = env;
    this.#parts = parts;
    this.#actors = new LocalActors(parts.nodeId, parts.incarnation);
    this.#metrics = replicaMetrics(env.metrics, () => hints.count);
    this.#rows = new Rows({
      ...parts,
      actors: this.#actors,
      lost: this.#metrics.writesLost,
      assertions: env.assertions,
    });
    this.#hints = hints;
  }

  /** Finds the hints that earlier lives left, then is ready. */
  static async open(env: Environment, parts: ReplicaParts): Promise<Replica> {
    const hints = await loadHintIndex(parts.engine);
    env.assertions.sometimes("a node started with hints of an earlier life", hints.count > 0);
    return new Replica(env, parts, hints);
  }

  /** Canonical bytes of everything this node holds of the key, hints included (D-4.6-5); undefined for nothing. */
  async read(key: Uint8Array): Promise<Uint8Array | undefined> {
    const keyText = byteString(key);
    const partition = this.#parts.ring().partitionOf(key);
    const owners = this.#hints.ownersOf(keyText);
    const record = await this.#rows.record("records", recordRowKey(partition, key));
    if (owners.length === 0) {
      return record;
    }
    const records = record === undefined ? [] : [record];
    for (const owner of owners) {
      const hinted = await this.#rows.record("hints", hintRowKey(owner, partition, key));
      if (hinted === undefined) {
        continue;
      }
      this.#env.assertions.reachable("a replica's answer included a hint");
      if (!records.some((other) => equalBytes(other, hinted))) {
        records.push(hinted);
      }
    }
    return records.length < 2 ? records[0] : this.#parts.versioning.encode(this.#merged(records));
  }

  /**
   * Merges a record into the node's own row of the key, or, with `hintFor`, into the one it keeps for that node. Resolves
   * when everything in `record` is durable here. Throws DynamoError bad-request for bytes that are no record.
   */
  async store(key: Uint8Array, record: Uint8Array, hintFor: NodeId | undefined): Promise<void> {
    const place = this.#place(key, hintFor);
    const wait = this.#lock.acquire(place.keyText);
    if (wait !== undefined) {
      await wait;
    }
    let merged: { readonly stored: Promise<void> | undefined };
    try {
      merged = await this.#merge(place, record);
    } finally {
      this.#lock.release(place.keyText);
    }
    await merged.stored;
  }

  /**
   * A coordinator's write (architecture, "Write"): puts `payload` over what `context` covers, under a new dot, into the
   * node's own row or the one it keeps for `hintFor`. Resolves when the record is visible here; `stored` tells when it is
   * durable. `isWithdrawn` is asked when the write's turn on its key has come and once more before anything is changed;
   * a write that is withdrawn by then leaves nothing behind and rejects with DynamoError overloaded. A write whose operation is
   * among what this node holds is not made again (K-11): then what it holds is what is to be replicated.
   */
  async mint(
    key: Uint8Array,
    context: Clock,
    payload: Uint8Array,
    hintFor: NodeId | undefined,
    isWithdrawn: () => boolean = never,
  ): Promise<Minted> {
    const { assertions } = this.#env;
    const place = this.#place(key, hintFor);
    const wait = this.#lock.acquire(place.keyText);
    assertions.sometimes("a write waited for its key", wait !== undefined);
    if (wait !== undefined) {
      await wait;
    }
    try {
      // Whoever waited in vain costs those behind it no read of the disk.
      this.#refuseWithdrawn(isWithdrawn);
      const row = await this.#rows.read(place);
      const others = this.#isOnlyPlace(place) ? NONE : await this.#otherRecords(key, place);
      this.#refuseWithdrawn(isWithdrawn);
      const held = this.#merged(row === undefined ? others : [row.record, ...others]);
      if (isDoneAlready(payload, held.payloads)) {
        assertions.reachable("a write found itself done already");
        return this.#again(place, row, held);
      }
      const actor = this.#actors.actorFor(row?.localActor, held);
      assertions.sometimes(
        "a row that came from others got a fresh actor",
        row !== undefined && row.localActor === undefined,
      );
      assertions.sometimes(
        "a row's own actor was given up",
        row?.localActor !== undefined && row.localActor !== actor,
      );
      const wallMs = this.#env.clock.wallMs();
      const { versioning } = this.#parts;
      const named = withKnownOperations(payload, held.payloads);
      const siblings = versioning.update(held, context, named, { actor, wallMs });
      assertions.always(
        "a write leaves more than it found",
        !NEVER_FORGETS.has(versioning.mode) || !versioning.descends(held, siblings),
      );
      const record = versioning.encode(siblings);
      return { record, siblings, stored: this.#write(place, { localActor: actor, record }) };
    } finally {
      this.#lock.release(place.keyText);
    }
  }

  /** How many keys are kept for each node that anything is kept for. */
  hintedOwners(): ReadonlyMap<NodeId, number> {
    return this.#hints.countByOwner;
  }

  lostWriteCount(): number {
    return this.#rows.lostCount;
  }

  hintCount(): number {
    return this.#hints.count;
  }

  /** Hints for one node in the order of their row keys, beginning after `after`, the last row key of the page before. */
  async scanHints(
    owner: NodeId,
    { after, limit }: { readonly after?: Uint8Array | undefined; readonly limit: number },
  ): Promise<readonly Hint[]> {
    const prefix = hintPrefix(owner);
    const options = after === undefined ? { prefix, limit } : { prefix, after, limit };
    const entries = await this.#parts.engine.scan("hints", options);
    return entries.map(({ key, value }) => ({
      rowKey: key,
      key: readStored(() => parseHintRowKey(key)).key,
      record: readStored(() => recordOf(value)),
    }));
  }

  /**
   * Removes a hint that was delivered, unless its record is no longer the one that was; then it stays, and the answer is
   * false. Resolves when the removal is durable; the key is locked until then.
   */
  async dropHint(owner: NodeId, key: Uint8Array, record: Uint8Array): Promise<boolean> {
    const place = this.#hintPlace(owner, key, byteString(key));
    const wait = this.#lock.acquire(place.keyText);
    if (wait !== undefined) {
      await wait;
    }
    try {
      await this.#rows.underWay(place)?.catch(ignoreTold);
      const row = await this.#rows.read(place);
      if (row === undefined) {
        return false;
      }
      if (!equalBytes(row.record, record)) {
        this.#env.assertions.reachable("a hint changed during its delivery and stayed");
        return false;
      }
      await this.#rows.remove(place);
      this.#hints.set(place.keyText, owner, false);
      this.#metrics.hintsDropped.increment();
      return true;
    } finally {
      this.#lock.release(place.keyText);
    }
  }

  /** Puts the received record where it changes something. What it returns is boxed, so that awaiting it waits for no disk. */
  async #merge(
    place: Place,
    received: Uint8Array,
  ): Promise<{ readonly stored: Promise<void> | undefined }> {
    const { versioning } = this.#parts;
    const row = await this.#rows.read(place);
    if (row !== undefined && equalBytes(row.record, received)) {
      return this.#unchanged(place);
    }
    const arriving = decodeReceived(versioning, received);
    if (row === undefined) {
      return { stored: this.#write(place, { localActor: undefined, record: received }) };
    }
    const { localActor } = row;
    const held = this.#rows.siblings(row.record);
    // Merging tells by identity which side is the result already. Of two values with one clock, possible in the
    // paper's modes, that is the stored one (K-2).
    const merged = versioning.merge(held, arriving);
    if (merged === held) {
      this.#env.assertions.reachable("a replica received what it had overtaken");
      return this.#unchanged(place);
    }
    if (merged === arriving) {
      return { stored: this.#write(place, { localActor, record: received }) };
    }
    const { assertions } = this.#env;
    assertions.sometimes("a replica merged concurrent versions", place.owner === undefined);
    assertions.sometimes("a hint was merged into one that is kept", place.owner !== undefined);
    assertions.sometimes("a replica merged three versions or more", merged.payloads.length > 2);
    this.#metrics.merges.increment();
    return { stored: this.#write(place, { localActor, record: versioning.encode(merged) }) };
  }

  /** All that is held becomes the row, as the acknowledgement of this place must mean the same as after a mint. */
  #again(place: Place, row: Row | undefined, held: Siblings): Minted {
    const record = this.#parts.versioning.encode(held);
    const isThere = row !== undefined && equalBytes(row.record, record);
    const stored = isThere
      ? (this.#unchanged(place).stored ?? Promise.resolve())
      : this.#write(place, { localActor: row?.localActor, record });
    return { record, siblings: held, stored };
  }

  #refuseWithdrawn(isWithdrawn: () => boolean): void {
    if (isWithdrawn()) {
      throw new DynamoError(
        "overloaded",
        "Cannot write: the request ended before its key was free",
      );
    }
  }

  #unchanged(place: Place): { readonly stored: Promise<void> | undefined } {
    this.#metrics.unchanged.increment();
    const stored = this.#rows.underWay(place);
    this.#env.assertions.sometimes(
      "a record that changed nothing waited for the write under way",
      stored !== undefined,
    );
    return { stored };
  }

  #write(place: Place, row: Row): Promise<void> {
    if (place.owner === undefined) {
      return this.#rows.write(place, row);
    }
    this.#env.assertions.sometimes(
      "a hint was stored for an owner without one",
      !this.#hints.ownersOf(place.keyText).includes(place.owner),
    );
    this.#metrics.hintsStored.increment();
    this.#hints.set(place.keyText, place.owner, true);
    return this.#rows.write(place, row).catch(async (error: unknown) => {
      await this.#recountHint(place);
      throw error;
    });
  }

  /** After a lost write: the hint is back to what it was, which may be nothing. */
  async #recountHint(place: Place): Promise<void> {
    this.#env.assertions.reachable("the write of a hint was lost");
    await this.#lock.acquire(place.keyText);
    try {
      const bytes = await this.#parts.engine.get(place.table, place.rowKey);
      if (place.owner !== undefined) {
        this.#hints.set(place.keyText, place.owner, bytes !== undefined);
      }
    } catch (error) {
      // Counted too often, the hint is looked for and not found; that harms nobody.
      this.#env.log.warn({ error }, "Cannot look for a hint whose write was lost.");
    } finally {
      this.#lock.release(place.keyText);
    }
  }

  #place(key: Uint8Array, hintFor: NodeId | undefined): Place {
    const keyText = byteString(key);
    if (hintFor !== undefined && hintFor !== this.#parts.nodeId) {
      return this.#hintPlace(hintFor, key, keyText);
    }
    const rowKey = recordRowKey(this.#parts.ring().partitionOf(key), key);
    return { table: "records", rowKey, keyText, owner: undefined };
  }

  #hintPlace(owner: NodeId, key: Uint8Array, keyText: string): Place {
    const rowKey = hintRowKey(owner, this.#parts.ring().partitionOf(key), key);
    return { table: "hints", rowKey, keyText, owner };
  }

  #isOnlyPlace({ table, keyText }: Place): boolean {
    return table === "records" && this.#hints.ownersOf(keyText).length === 0;
  }

  /** What this node holds of the key outside `place`. To be called under the key's lock. */
  async #otherRecords(key: Uint8Array, place: Place): Promise<readonly Uint8Array[]> {
    const places = this.#hints
      .ownersOf(place.keyText)
      .map((owner) => this.#hintPlace(owner, key, place.keyText));
    places.unshift(this.#place(key, undefined));
    const records: Uint8Array[] = [];
    for (const { table, rowKey, owner } of places) {
      const record = owner === place.owner ? undefined : await this.#rows.record(table, rowKey);
      if (record !== undefined) {
        records.push(record);
      }
    }
    return records;
  }

  #merged(records: readonly Uint8Array[]): Siblings {
    const { versioning } = this.#parts;
    let merged: Siblings | undefined;
    for (const record of records) {
      const siblings = this.#rows.siblings(record);
      merged = merged === undefined ? siblings : versioning.merge(merged, siblings);
    }
    return merged ?? versioning.empty;
  }
}

const NONE: readonly Uint8Array[] = [];

/** Modes in which a new dot is never covered by what was stored; the paper's own may lose a write on the spot. */
const NEVER_FORGETS: ReadonlySet<Versioning["mode"]> = new Set(["dvvset", "merged"] as const);

/** No write is withdrawn that nobody asked to be. */
function never(): boolean {
  return false;
}

/** The failure is told to whoever wrote the row. */
function ignoreTold(): void {}

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
