/**
 * The value that `share` (0 to 1) of the samples do not exceed: nearest rank, as HdrHistogram counts, so a
 * percentile is always a latency that somebody waited. NaN without samples.
 */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  // The margin keeps 0.999 * 1000 = 999.0000000000001 at rank 999.
  const rank = Math.ceil(share * sorted.length - 1e-9);
  return sorted[Math.min(sorted.length, Math.max(1, rank)) - 1] ?? NaN;
}

export function sortedSamples(samples: Iterable<number>): Float64Array {
  return Float64Array.from(samples).sort();
}
