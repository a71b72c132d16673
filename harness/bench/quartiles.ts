import { quantile, sortedSamples } from "../report/quantile.ts";

/** What a quarter, half and three quarters of the values do not exceed; NaN where there are none. */
export function quartiles(values: readonly number[]): readonly [number, number, number] {
  const sorted = sortedSamples(values);
  return [quantile(sorted, 0.25), quantile(sorted, 0.5), quantile(sorted, 0.75)];
}

/** What half of the values do not exceed; NaN where there are none. */
export function median(values: readonly number[]): number {
  return quartiles(values)[1];
}
