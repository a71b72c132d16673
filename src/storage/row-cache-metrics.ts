import type { Counter, Metrics } from "../env/metrics.ts";

/** What a row cache counts. */
export interface RowCacheMetrics {
  readonly hits: Counter;
  readonly misses: Counter;
}

export function rowCacheMetrics(
  metrics: Metrics,
  held: { readonly count: () => number; readonly sizeBytes: () => number },
): RowCacheMetrics {
  metrics.gauge(
    "ringside_row_cache_rows",
    "Rows kept in memory in front of the engine.",
    undefined,
    held.count,
  );
  metrics.gauge(
    "ringside_row_cache_bytes",
    "What they take, with an estimate of what it costs to keep them.",
    undefined,
    held.sizeBytes,
  );
  return {
    hits: metrics.counter("ringside_row_cache_hits_total", "Reads of rows answered from memory."),
    misses: metrics.counter(
      "ringside_row_cache_misses_total",
      "Reads of rows that the engine was asked for, those of rows that are not there included.",
    ),
  };
}
