import type { Counter, Gauge, Histogram, Labels, Metrics } from "../../../src/env/metrics.ts";

/** Instruments of one life of a node, cheap to move, readable by whoever looks into the world. */
export class SimMetrics implements Metrics {
  readonly #counters = new Map<string, { value: number }>();
  readonly #gauges = new Map<string, () => number>();

  counter(name: string, _help: string, labels: Labels = NO_LABELS): Counter {
    const id = idOf(name, labels);
    const cell = this.#counters.get(id) ?? { value: 0 };
    this.#counters.set(id, cell);
    return {
      increment: (by = 1) => {
        cell.value += by;
      },
    };
  }

  gauge(name: string, _help: string, labels: Labels = NO_LABELS, read?: () => number): Gauge {
    let value = 0;
    this.#gauges.set(idOf(name, labels), read ?? (() => value));
    return {
      set: (to) => {
        value = to;
      },
    };
  }

  histogram(): Histogram {
    return NO_HISTOGRAM;
  }

  /** Every gauge as it stands, by name. */
  gauges(): ReadonlyMap<string, number> {
    return new Map([...this.#gauges].map(([name, read]) => [name, read()]));
  }

  /** Every counter that has moved, by name and labels. */
  counters(): ReadonlyMap<string, number> {
    return new Map(
      [...this.#counters]
        .filter(([, { value }]) => value > 0)
        .map(([id, { value }]) => [id, value]),
    );
  }
}

const NO_LABELS: Labels = {};
const NO_HISTOGRAM: Histogram = { observe() {} };

function idOf(name: string, labels: Labels): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}=${value}`);
  return pairs.length === 0 ? name : `${name}{${pairs.sort().join(",")}}`;
}
