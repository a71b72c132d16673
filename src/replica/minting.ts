import { concatBytes, equalBytes } from "../base/bytes.ts";
import type { Actor, NodeId } from "../base/ids.ts";
import { isUsedUp } from "../causality/counter-limit.ts";
import type { Clock, Siblings, Versioning } from "../causality/versioning.ts";
import type { Environment } from "../env/environment.ts";
import { DynamoError } from "../protocol/errors.ts";
import { isDoneAlready } from "../protocol/operations.ts";
import type { WriteOptions } from "../storage/engine.ts";
import type { HeldRecords } from "./held-records.ts";
import type { KeyLock } from "./key-lock.ts";
import type { LocalActors } from "./local-actors.ts";
import { updated } from "./mint-update.ts";
import type { PlacedRows } from "./placed-rows.ts";
import type { RecordWatch } from "./record-watch.ts";
import type { Row } from "./row.ts";
import type { FoundRow, Place, Rows } from "./rows.ts";
import type { SkewWatch } from "./skew-watch.ts";

/** A coordinator's own write. */
export interface Minted {
  /** Canonical bytes of `siblings`, to be sent to the other replicas. */
  readonly record: Uint8Array;
  /** Everything this node holds of the key, with the new version. */
  readonly siblings: Siblings;
  /** Resolves when the record is durable here, rejects with StorageError; the caller must handle it. */
  readonly stored: Promise<void>;
}

export interface MintOptions extends WriteOptions {
  /** True once the write must not happen any more. */
  readonly isWithdrawn?: () => boolean;
  /** Called where the key is busy: `leave` withdraws the write at once, unless its turn has come. */
  readonly onQueued?: (leave: () => void) => void;
}

export interface MintOrder {
  readonly key: Uint8Array;
  readonly context: Clock;
  readonly payload: Uint8Array;
  /** Whose hint the row is to be; undefined: the node's own. */
  readonly hintFor: NodeId | undefined;
}

export interface MintingParts {
  readonly versioning: Versioning;
  readonly actors: LocalActors;
  readonly rows: Rows;
  readonly heldRecords: HeldRecords;
  readonly placed: PlacedRows;
  readonly lock: KeyLock;
  readonly watch: RecordWatch;
  readonly skew: SkewWatch;
}

/** How a coordinator makes a version: over everything that its node holds of the key, under a dot that is never used again. */
export class Minting {
  readonly #env: Environment;
  readonly #parts: MintingParts;

  constructor(env: Environment, parts: MintingParts) {
    this.#env = env;
    this.#parts = parts;
  }

  /** As of `Replica.mint`. */
  async mint(order: MintOrder, options: MintOptions = {}): Promise<Minted> {
    const { key, payload, hintFor } = order;
    const { isWithdrawn = never, onQueued } = options;
    const { heldRecords, lock } = this.#parts;
    const { assertions } = this.#env;
    const place = heldRecords.placeOf(key, hintFor);
    const turn = lock.acquire(place.keyText);
    assertions.sometimes("a write waited for its key", turn !== undefined);
    if (turn !== undefined) {
      onQueued?.(turn.leave);
      if (!(await turn.comes)) throw withdrawn();
    }
    try {
      let found = await this.#found(place, key, isWithdrawn);
      while (this.#isInDoubt(found.row, payload) && !isDoneAlready(payload, found.held.payloads)) {
        await this.#probe(found.row, payload, options);
        // Meanwhile a write that the row showed may have failed.
        found = await this.#found(place, key, isWithdrawn);
      }
      if (isDoneAlready(payload, found.held.payloads)) {
        assertions.reachable("a write found itself done already");
        return this.#again(place, found, options);
      }
      return this.#made(place, found, order, options);
    } finally {
      lock.release(place.keyText);
    }
  }

  /** The row at `place`, and all that is held of the key, under its lock. Rejects where the write was withdrawn. */
  async #found(place: Place, key: Uint8Array, isWithdrawn: () => boolean): Promise<Found> {
    const { heldRecords, rows } = this.#parts;
    // Whoever waited in vain costs those behind it no read of the disk.
    refuseWithdrawn(isWithdrawn);
    const others = heldRecords.isOnlyPlace(place) ? NONE : await heldRecords.outside(place, key);
    // Last: what is there already may be a write that fails meanwhile, and must not pass for stored then.
    const row = await rows.read(place);
    refuseWithdrawn(isWithdrawn);
    return { row, held: heldRecords.merged(row?.record, others) };
  }

  /** What a write leaves takes the bytes of the row and of its payload at most, but for an actor. */
  #isInDoubt(row: Row | undefined, payload: Uint8Array): boolean {
    return this.#parts.rows.doubt.isAbout((row?.record.length ?? 0) + payload.length);
  }

  #probe(row: Row | undefined, payload: Uint8Array, options: WriteOptions): Promise<void> {
    const bytes = row === undefined ? payload : concatBytes([row.record, payload]);
    return this.#parts.rows.doubt.probe(bytes, options);
  }

  #made(
    place: Place,
    { row, held }: Found,
    { context, payload }: MintOrder,
    options: WriteOptions,
  ): Minted {
    const { versioning, actors, watch, skew } = this.#parts;
    const { assertions, clock } = this.#env;
    const counted = versioning.countsFromContext === true ? context : held.clock;
    const actor = actors.actorFor(ableActor(row, [held.clock, context]), held, counted);
    assertions.sometimes(
      "a row that came from others got a fresh actor",
      row !== undefined && row.localActor === undefined,
    );
    assertions.sometimes(
      "a row's own actor was given up",
      row?.localActor !== undefined && row.localActor !== actor,
    );
    const wallMs = clock.wallMs();
    skew.seen(versioning.writeTime?.(held));
    const { hybridTime } = skew;
    const siblings = updated(versioning, { held, context, payload }, { actor, wallMs, hybridTime });
    assertions.always(
      "a write leaves more than it found",
      !NEVER_FORGETS.has(versioning.mode) || !versioning.descends(held, siblings),
    );
    watch.minting(held.clock, siblings.clock, {
      mode: versioning.mode,
      isFreshActor: !held.clock.has(actor),
    });
    const record = versioning.encode(siblings);
    watch.minted(held, siblings, record.length);
    // One that lost to what is held has left no time behind.
    if (siblings !== held) skew.wrote(versioning.writeTime?.(siblings));
    return {
      record,
      siblings,
      stored: this.#parts.placed.write(place, { localActor: actor, record }, options),
    };
  }

  /** All that is held becomes the row, as the acknowledgement of this place must mean the same as after a mint. */
  #again(place: Place, { row, held }: Found, options: WriteOptions): Minted {
    const { versioning, placed } = this.#parts;
    const record = versioning.encode(held);
    const isThere = row !== undefined && equalBytes(row.record, record);
    const stored = isThere
      ? (placed.unchanged(place, row, options) ?? Promise.resolve())
      : placed.write(place, { localActor: row?.localActor, record }, options);
    return { record, siblings: held, stored };
  }
}

/** What a write finds of its key. */
interface Found {
  readonly row: FoundRow | undefined;
  readonly held: Siblings;
}

const NONE: readonly Uint8Array[] = [];

/** The row's own actor, unless it can count no further: what others say may have raised its counter to the last one. */
function ableActor(row: FoundRow | undefined, counted: readonly Clock[]): Actor | undefined {
  const actor = row?.localActor;
  return actor === undefined || isUsedUp(actor, counted) ? undefined : actor;
}

/** Modes in which a new dot is never covered by what was stored; the paper's own may lose a write on the spot. */
const NEVER_FORGETS: ReadonlySet<Versioning["mode"]> = new Set(["dvvset", "merged"] as const);

function refuseWithdrawn(isWithdrawn: () => boolean): void {
  if (isWithdrawn()) throw withdrawn();
}

function withdrawn(): DynamoError {
  return new DynamoError("overloaded", "Cannot write: the request ended before its key was free");
}

/** No write is withdrawn that nobody asked to be. */
function never(): boolean {
  return false;
}
