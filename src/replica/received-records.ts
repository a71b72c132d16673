import { FormatError } from "../base/binary.ts";
import { toBase64url } from "../base/bytes.ts";
import type { Siblings } from "../causality/versioning.ts";
import type { Environment } from "../env/environment.ts";
import type { Counter } from "../env/metrics.ts";
import { DynamoError } from "../protocol/errors.ts";

/** A peer that sends such records sends many: one line in a while says so, the metric how many. */
const LOG_PERIOD_MS = 60_000;

/** Throws FormatError on what must not be stored. */
export type DecodeReceived = (record: Uint8Array) => Siblings;

/** Records that others bring to a replica, read before they are merged. What nobody could read, or count on from, is refused: stored it would end its key. */
export class ReceivedRecords {
  readonly #env: Pick<Environment, "clock" | "log">;
  readonly #decode: DecodeReceived;
  readonly #refused: Counter;
  #loggedMs = Number.NEGATIVE_INFINITY;

  constructor(env: Pick<Environment, "clock" | "log" | "metrics">, decode: DecodeReceived) {
    this.#env = env;
    this.#decode = decode;
    this.#refused = env.metrics.counter(
      "ringside_records_refused_total",
      "Records from others that were not stored, since they cannot be read or have a counter over the limit.",
    );
  }

  /** Throws DynamoError bad-request; then nothing is to be changed. */
  siblings(key: Uint8Array, record: Uint8Array): Siblings {
    try {
      return this.#decode(record);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      this.#refuse(key, error);
      throw new DynamoError("bad-request", error.message, { cause: error });
    }
  }

  #refuse(key: Uint8Array, error: FormatError): void {
    this.#refused.increment();
    const { clock, log } = this.#env;
    if (clock.monotonicMs() - this.#loggedMs < LOG_PERIOD_MS) return;
    this.#loggedMs = clock.monotonicMs();
    log.warn({ key: toBase64url(key), err: error }, "Cannot take a record that somebody sent");
  }
}
