import type { Clock, Timer } from "../env/clock.ts";
import type { BufferWatch } from "./buffer-watch.ts";
import type { BufferedRows, Slot } from "./buffered-rows.ts";
import type { Engine, Write } from "./engine.ts";

/** Durable writes wait for more only while more come, looked at this often: who waits for one alone waits no longer. */
export const GATHER_LOOK_MS = 5;
const GATHERED_MAX = 128;

export interface PassThroughParts {
  readonly clock: Clock;
  /** The one below the buffer. */
  readonly engine: Engine;
  readonly rows: BufferedRows;
  readonly watch: BufferWatch | undefined;
  /** The longest a durable write waits for others to go down with, in milliseconds. */
  readonly gatherMs: number;
  /** The engine below has stored a batch. */
  readonly onBatchStored: () => void;
  /** The engine below has not stored a batch, and why. */
  readonly onBatchFailed: (error: unknown) => void;
  /** Nothing is under way any more for a batch, stored or failed, whose outcome all were told of. */
  readonly onBatchEnded: () => void;
}

/**
 * The way of a write buffer's writes that are acknowledged only when the engine below has them. They are visible at once, and
 * reach that engine in the order of their calls, row by row.
 */
export class PassThrough {
  readonly #parts: PassThroughParts;
  readonly #underWay = new Set<Promise<void>>();
  #gathered: Gathered | undefined;
  /** The last write that waits to take along what was acknowledged before it. */
  #waiting: Promise<void> | undefined;

  constructor(parts: PassThroughParts) {
    this.#parts = parts;
  }

  /** Batches that have not ended. */
  get underWay(): readonly Promise<void>[] {
    return [...this.#underWay];
  }

  /** Hands these on at once. */
  pass(writes: readonly Write[]): Promise<void> {
    this.handOn();
    return this.#send(writes, this.#show(writes), []);
  }

  /**
   * Durable writes go down together: a commit costs as much for one row as for ten, and as a rule no client waits for this one. Where
   * all do, as clients whose W takes it, soon nothing more comes, and what has come goes down.
   */
  gather(writes: readonly Write[]): Promise<void> {
    const { gatherMs } = this.#parts;
    const slots = this.#show(writes);
    this.#gathered ??= {
      ...Promise.withResolvers<void>(),
      writes: [],
      slots: [],
      leftMs: gatherMs,
      timer: undefined,
    };
    const gathered = this.#gathered;
    gathered.writes.push(...writes);
    gathered.slots.push(...slots);
    if (gathered.writes.length >= GATHERED_MAX || gatherMs === 0) this.handOn();
    else if (gathered.timer === undefined) this.#lookLater(gathered);
    return gathered.promise;
  }

  #lookLater(gathered: Gathered): void {
    const before = gathered.writes.length;
    const lookMs = Math.min(GATHER_LOOK_MS, gathered.leftMs);
    gathered.leftMs -= lookMs;
    gathered.timer = this.#parts.clock.setTimer(lookMs, () => {
      if (gathered.leftMs === 0 || gathered.writes.length === before) this.handOn();
      else this.#lookLater(gathered);
    });
  }

  /**
   * Hands these on in one batch with all that was acknowledged before. What a newer version hides that is itself on its way is not
   * theirs to take: handed on again it would end on top of the newer one. So they wait until that is stored, or has failed.
   */
  passWithAcknowledged(writes: readonly Write[]): Promise<void> {
    this.handOn();
    const { rows } = this.#parts;
    const slots = this.#show(writes);
    const before = rows.acknowledged();
    const send = (): Promise<void> => {
      this.handOn();
      return this.#send(writes, slots, rows.takeAcknowledged());
    };
    const isAnyHidden = (): boolean => before.some((slot) => rows.isHidden(slot));
    if (this.#waiting === undefined && !isAnyHidden()) return send();
    const batch = this.#inTurn(isAnyHidden, send);
    this.#track(batch);
    return batch;
  }

  /** In the order of the calls. Between the last look and `send` nothing may come that hides a row. */
  async #inTurn(isAnyHidden: () => boolean, send: () => Promise<void>): Promise<void> {
    const { promise: turn, resolve: endTurn } = Promise.withResolvers<void>();
    const turnBefore = this.#waiting;
    this.#waiting = turn;
    try {
      await turnBefore;
      while (isAnyHidden()) {
        // What hides one may be gathered and not yet under way.
        this.handOn();
        await Promise.race([...this.#underWay].map(settled));
      }
      return send();
    } finally {
      if (this.#waiting === turn) this.#waiting = undefined;
      endTurn();
    }
  }

  /** To be called before anything else is handed to the engine below: newer versions of these rows must not overtake them. */
  handOn(): void {
    const gathered = this.#gathered;
    if (gathered === undefined) return;
    this.#gathered = undefined;
    gathered.timer?.cancel();
    gathered.resolve(this.#send(gathered.writes, gathered.slots, []));
  }

  #show(writes: readonly Write[]): readonly Slot[] {
    const { rows, watch } = this.#parts;
    const slots = writes.map((write) => rows.passThrough(write));
    watch?.written(writes);
    return slots;
  }

  #send(writes: readonly Write[], slots: readonly Slot[], before: readonly Slot[]): Promise<void> {
    const { engine, rows, watch, onBatchStored, onBatchFailed } = this.#parts;
    // Copies, for the same writes may be on their way down in a flush, and an engine tells its writes apart by identity.
    const earlier = before.map(({ write }) => ({ ...write }));
    const batch = engine.write([...earlier, ...writes], { durable: true }).then(
      () => {
        rows.stored(before);
        rows.stored(slots);
        onBatchStored();
        watch?.acknowledged(writes);
      },
      (error: unknown) => {
        rows.failed(before);
        rows.failed(slots);
        onBatchFailed(error);
        watch?.rolledBack(writes, (table, key) => rows.get(table, key));
        throw error;
      },
    );
    this.#track(batch);
    return batch;
  }

  #track(batch: Promise<void>): void {
    this.#underWay.add(batch);
    const forget = (): void => {
      this.#underWay.delete(batch);
      this.#parts.onBatchEnded();
    };
    batch.then(forget, forget);
  }
}

/** Durable writes that wait for others to go down with. */
interface Gathered extends PromiseWithResolvers<void> {
  readonly writes: Write[];
  readonly slots: Slot[];
  /** How long they may wait for others after the next look. */
  leftMs: number;
  timer: Timer | undefined;
}

function settled(promise: Promise<void>): Promise<void> {
  return promise.catch(ignoreTold);
}

/** The failure is told to whoever wrote. */
function ignoreTold(): void {}
