export type Labels = Readonly<Record<string, string>>;

export interface Counter {
  increment(by?: number): void;
}

export interface Gauge {
  set(value: number): void;
}

export interface Histogram {
  observe(value: number): void;
}

/**
 * Makes instruments. Asking twice for one name and labels gives the same instrument, so that hot paths
 * ask once and keep it. Names are Prometheus names with the unit last (`ringside_hints_stored_total`).
 */
export interface Metrics {
  counter(name: string, help: string, labels?: Labels): Counter;
  /** With `read`, the value is asked for at each scrape instead of being set. */
  gauge(name: string, help: string, labels?: Labels, read?: () => number): Gauge;
  histogram(name: string, help: string, labels?: Labels): Histogram;
}
