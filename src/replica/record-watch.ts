import type { Clock, Siblings, VersioningMode } from "../causality/versioning.ts";
import type { Environment } from "../env/environment.ts";
import type { Counter, Histogram } from "../env/metrics.ts";
import type { RecordLimits } from "./record-limits.ts";
import { checkClock, checkLimits, isLarge } from "./record-limits.ts";

const LOG_PERIOD_MS = 60_000;

/** Looks at each record that a coordinator is about to write: refuses what is too much, counts and warns of what is much. */
export class RecordWatch {
  readonly #environment: Environment;
  readonly #limits: RecordLimits;
  readonly #clockEntries: Histogram;
  readonly #longClocks: Counter;
  readonly #entriesDropped: Counter;
  readonly #truncations: Counter;
  readonly #largeRecords: Counter;
  readonly #refusals: Counter;
  readonly #clockRefusals: Counter;
  readonly #loggedMs = new Map<string, number>();

  constructor(environment: Environment, limits: RecordLimits) {
    const { metrics } = environment;
    this.#environment = environment;
    this.#limits = limits;
    this.#clockEntries = metrics.histogram(
      "ringside_clock_entries",
      "Pairs in the clock of a record after a write (paper 4.4).",
    );
    this.#longClocks = metrics.counter(
      "ringside_clocks_long_total",
      "Writes that left a clock of more pairs than clockEntriesMax.",
    );
    this.#truncations = metrics.counter(
      "ringside_clocks_truncated_total",
      "Writes whose clock was cut to its latest pairs.",
    );
    this.#entriesDropped = metrics.counter(
      "ringside_clock_entries_dropped_total",
      "Pairs that truncation took from clocks.",
    );
    this.#largeRecords = metrics.counter(
      "ringside_records_large_total",
      "Writes that left more versions or bytes than siblingsWarn or recordBytesWarn.",
    );
    this.#refusals = metrics.counter(
      "ringside_siblings_refused_total",
      "Writes refused because their key has too many versions, or too large ones.",
    );
    this.#clockRefusals = metrics.counter(
      "ringside_clocks_refused_total",
      "Writes refused because their key's clock would not fit a context. Reason for an alarm.",
    );
  }

  /** Throws DynamoError clock-too-long; nothing may be written then. */
  minting(
    before: Clock,
    after: Clock,
    about: { readonly mode: VersioningMode; readonly isFreshActor: boolean },
  ): void {
    try {
      checkClock(before, after, about);
    } catch (error) {
      this.#environment.assertions.reachable("a write was refused for too long a clock");
      this.#clockRefusals.increment();
      throw error;
    }
  }

  /** Throws DynamoError too-many-siblings; nothing may be written then. */
  minted(held: Siblings, written: Siblings, recordBytes: number): void {
    const size = { siblings: written.payloads.length, recordBytes };
    try {
      checkLimits(held.payloads.length, size, this.#limits);
    } catch (error) {
      this.#environment.assertions.reachable("a write was refused for too many siblings");
      this.#refusals.increment();
      throw error;
    }
    if (isLarge(size, this.#limits)) {
      this.#largeRecords.increment();
      this.#warn(size, "A key has many versions or large ones: clients do not reconcile them");
    }
    this.#watchClock(written);
  }

  #watchClock({ clock, entriesDropped = 0 }: Siblings): void {
    const { clockEntriesMax } = this.#limits;
    this.#clockEntries.observe(clock.size);
    this.#environment.assertions.sometimes("a clock was cut short", entriesDropped > 0);
    if (entriesDropped > 0) {
      this.#truncations.increment();
      this.#entriesDropped.increment(entriesDropped);
    }
    if (clock.size > clockEntriesMax) {
      this.#longClocks.increment();
      this.#warn({ clockEntries: clock.size, clockEntriesMax }, "The clock of a key is long");
    }
  }

  /** Each sentence once a minute at most: what is wrong with one key mostly is with many. */
  #warn(fields: object, sentence: string): void {
    const nowMs = this.#environment.clock.monotonicMs();
    const lastMs = this.#loggedMs.get(sentence);
    if (lastMs !== undefined && nowMs - lastMs < LOG_PERIOD_MS) return;
    this.#loggedMs.set(sentence, nowMs);
    this.#environment.log.warn(fields, sentence);
  }
}
