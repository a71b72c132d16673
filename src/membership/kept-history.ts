import type { HybridTime } from "../causality/hybrid-time.ts";
import { nextHybridTime } from "../causality/hybrid-time.ts";
import type { Environment } from "../env/environment.ts";
import type { Counter } from "../env/metrics.ts";
import type { HistoryVector } from "../protocol/messages.ts";
import type { Engine } from "../storage/engine.ts";
import type { Change, Issuer } from "./change.ts";
import { changeId } from "./change.ts";
import { decodeChange, encodeChange } from "./change-codec.ts";
import { readChanges, writeChanges } from "./change-rows.ts";
import type { Judgement, RefusedChange } from "./history.ts";
import { History } from "./history.ts";

export interface KeptHistoryParts {
  readonly engine: Engine;
  /** Of this start of the node: it has issued nothing yet. */
  readonly issuer: Issuer;
  /** The history has grown. Called in the turn in which it did. */
  readonly onChange: () => void;
}

/**
 * A node's history on its disk. Whatever is new is stored first, durably, and counts then (D-4.8.1-3): what this node issues before it tells of it,
 * what it received before it says so. One after the other, so that a number that could not be stored leaves no gap.
 */
export class KeptHistory {
  readonly #env: Pick<Environment, "clock" | "log">;
  readonly #parts: KeptHistoryParts;
  readonly #history = new History();
  readonly #refused: Readonly<Record<RefusedChange["reason"], Counter>>;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(
    env: Pick<Environment, "clock" | "log" | "metrics">,
    parts: KeptHistoryParts,
  ) {
    this.#env = env;
    this.#parts = parts;
    const { metrics } = env;
    const refused = (reason: RefusedChange["reason"]) =>
      metrics.counter(
        "ringside_membership_changes_refused_total",
        "Changes of the membership that could not be taken into the history.",
        { reason },
      );
    this.#refused = { gap: refused("gap"), differs: refused("differs"), time: refused("time") };
    metrics.gauge("ringside_membership_changes", "Changes in the history.", {}, () => this.size);
  }

  /**
   * Reads what is stored. What is damaged is told of and left out, with what its issuer did later; gossip brings both back from any node that
   * has heard of them. Rejects with StorageError.
   */
  static async open(
    env: Pick<Environment, "clock" | "log" | "metrics">,
    parts: KeptHistoryParts,
  ): Promise<KeptHistory> {
    const kept = new KeptHistory(env, parts);
    const { changes, damaged } = await readChanges(parts.engine);
    if (damaged.length > 0) {
      env.metrics
        .counter("ringside_membership_rows_damaged_total", "Stored changes that were garbled.")
        .increment(damaged.length);
      env.log.error({ damaged }, "Stored changes of the membership are damaged");
    }
    kept.#take(changes);
    return kept;
  }

  get size(): number {
    return this.#history.size;
  }

  get vector(): HistoryVector {
    return this.#history.vector;
  }

  get digest(): Uint8Array {
    return this.#history.digest;
  }

  /** All changes in the order in which they count; a list that does not change any more. */
  inOrder(): readonly Change[] {
    return this.#history.inOrder();
  }

  /** What a history of that vector lacks, as bytes, in an order in which it can be added. */
  missingFor(vector: HistoryVector): readonly Uint8Array[] {
    return this.#history.missingFor(vector).map(encodeChange);
  }

  /**
   * Makes a change of this node's; resolves when it is stored and counts. Rejects with StorageError, then nothing has changed and no number is used
   * up, with FormatError where `what` is nothing that other nodes would read, and with RangeError where a clock beyond the year 2248 has used up all times.
   */
  issue(what: Change["what"]): Promise<Change> {
    return this.#inTurn(async () => {
      const { issuer, engine } = this.#parts;
      const number = this.#history.lastNumber(issuer) + 1;
      const change = decodeChange(encodeChange({ issuer, number, time: this.#nextTime(), what }));
      await writeChanges(engine, [change]);
      this.#take([change]);
      return change;
    });
  }

  /** Takes what others have; resolves when all of it that is new is stored and counts. Rejects with FormatError, StorageError. */
  merge(received: readonly Uint8Array[]): Promise<void> {
    return this.#inTurn(async () => {
      const { taken, refused } = this.#history.judge(received.map(decodeChange));
      this.#tellOf(refused);
      if (taken.length === 0) return;
      await writeChanges(this.#parts.engine, taken);
      this.#take(taken);
    });
  }

  /** Resolves when what was begun before is done. */
  async settled(): Promise<void> {
    await this.#last;
  }

  #take(changes: readonly Change[]): void {
    const { taken, refused }: Judgement = this.#history.add(changes);
    this.#tellOf(refused);
    if (taken.length > 0) this.#parts.onChange();
  }

  /**
   * Later than all that is known, however far that is ahead of the node's clock: unlike a version's, the time of a change is never held against a
   * clock, so that one that is wrong takes nobody with it, and a leave in answer to a join must come after it (D-4.8.1-6).
   */
  #nextTime(): HybridTime {
    const wallMs = this.#env.clock.wallMs();
    const last = this.#history.latest;
    const time = nextHybridTime({ wallMs, last, seen: [], skewMaxMs: 0 });
    if (time > last) return time;
    throw new RangeError(`Cannot issue a change: there is no time after ${last}`);
  }

  #tellOf(refused: readonly RefusedChange[]): void {
    for (const { change, reason } of refused) {
      this.#refused[reason].increment();
      const fields = { change: changeId(change), reason };
      // A gap is made good by the next round; of the others nobody can say which change is right.
      if (reason === "gap") this.#env.log.debug(fields, "A change came before its time");
      else this.#env.log.error(fields, "Cannot take a change of the membership into the history");
    }
  }

  #inTurn<Result>(task: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(task);
    // How one ends is its caller's affair, and none of the next one's.
    this.#last = result.then(
      () => {},
      () => {},
    );
    return result;
  }
}
