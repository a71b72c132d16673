import type { Counter, Metrics } from "../env/metrics.ts";
import type { PassReason } from "./pass-reason.ts";

/** What a write buffer counts. */
export interface WriteBufferMetrics {
  readonly coalesced: Counter;
  readonly flushes: Counter;
  readonly flushed: Counter;
  readonly flushFailures: Counter;
  readonly passedThrough: Readonly<Record<PassReason, Counter>>;
}

export function writeBufferMetrics(
  metrics: Metrics,
  occupancy: { readonly count: () => number; readonly sizeBytes: () => number },
): WriteBufferMetrics {
  metrics.gauge(
    "ringside_write_buffer_objects",
    "Rows acknowledged and not stored yet; a crash loses them.",
    undefined,
    occupancy.count,
  );
  metrics.gauge(
    "ringside_write_buffer_bytes",
    "What the keys and values of those rows take.",
    undefined,
    occupancy.sizeBytes,
  );
  const passed = (reason: PassReason): Counter =>
    metrics.counter(
      "ringside_write_buffer_passed_through_total",
      "Writes acknowledged only when stored: asked to be durable, of a table that is never buffered, the buffer full, or its last flush failed.",
      { reason },
    );
  return {
    coalesced: metrics.counter(
      "ringside_write_buffer_coalesced_total",
      "Rows replaced in the buffer by a newer version before they were stored.",
    ),
    flushes: metrics.counter("ringside_write_buffer_flushes_total", "Flushes that were stored."),
    flushed: metrics.counter("ringside_write_buffer_flushed_rows_total", "Rows stored by flushes."),
    flushFailures: metrics.counter(
      "ringside_write_buffer_flush_failures_total",
      "Flushes that the engine could not store; their rows stay in the buffer.",
    ),
    passedThrough: {
      durable: passed("durable"),
      table: passed("table"),
      full: passed("full"),
      failing: passed("failing"),
    },
  };
}
