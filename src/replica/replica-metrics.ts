import type { Counter, Metrics } from "../env/metrics.ts";

/** What a replica counts. */
export interface ReplicaMetrics {
  readonly merges: Counter;
  readonly unchanged: Counter;
  readonly writesLost: Counter;
  readonly hintsStored: Counter;
  readonly hintsDropped: Counter;
  readonly damagedRows: Counter;
  readonly damagedHintsDropped: Counter;
  readonly unreadableHints: Counter;
}

export function replicaMetrics(metrics: Metrics, hintCount: () => number): ReplicaMetrics {
  metrics.gauge("ringside_hints", "Hints kept for other nodes.", undefined, hintCount);
  return {
    merges: metrics.counter(
      "ringside_replica_merges_total",
      "Records received that were neither older nor newer than the stored one.",
    ),
    unchanged: metrics.counter(
      "ringside_replica_unchanged_total",
      "Records received that held nothing new.",
    ),
    writesLost: metrics.counter(
      "ringside_replica_writes_lost_total",
      "Rows the engine took and then could not store.",
    ),
    hintsStored: metrics.counter(
      "ringside_hints_stored_total",
      "Hint rows written, new ones and changed ones.",
    ),
    hintsDropped: metrics.counter(
      "ringside_hints_dropped_total",
      "Hint rows removed after delivery.",
    ),
    damagedRows: metrics.counter(
      "ringside_damaged_rows_total",
      "Reads of rows that the disk has garbled. One is reason enough for an alarm.",
    ),
    damagedHintsDropped: metrics.counter(
      "ringside_damaged_hints_dropped_total",
      "Hint rows removed because the disk has garbled them. One is reason enough for an alarm.",
    ),
    unreadableHints: metrics.counter(
      "ringside_unreadable_hints_total",
      "Times that a hint due for delivery could not be read, or removed, and stayed. Reason for an alarm.",
    ),
  };
}
