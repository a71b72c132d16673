import type { Metric } from "prom-client";
import { collectDefaultMetrics, Registry } from "prom-client";
import type { Counter, Gauge, Histogram, Labels, Metrics } from "../env/metrics.ts";

export interface PrometheusMetrics extends Metrics {
  /** Everything in Prometheus' text form, the process's own figures included. */
  text(): Promise<string>;
  readonly contentType: string;
}

/**
 * How often the lag of the event loop is looked at; its percentiles are of the time between two looks. Each look wakes the process
 * up: at the library's 10 ms that was half of what an idle node costs.
 */
const LOOP_SAMPLE_MS = 200;

/** Upper bounds suited to milliseconds: from a local round trip to a request's deadline and beyond. */
const BUCKETS_MS: readonly number[] = [
  0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000,
];

/**
 * Metrics behind prom-client's registry and text form. The instruments are our own, for prom-client's look their labels up at each
 * change, and these are changed several times a request.
 */
export function createPrometheusMetrics(): PrometheusMetrics {
  const registry = new Registry();
  const families = new Map<string, Family>();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: LOOP_SAMPLE_MS });

  function instrument<I extends Instrument>(ask: Asked, make: () => I): I {
    let family = families.get(ask.name);
    if (family === undefined) {
      family = { type: ask.type, instruments: new Map() };
      families.set(ask.name, family);
      registry.registerMetric(asMetric(ask, family));
    }
    if (family.type !== ask.type) {
      throw new TypeError(`Cannot make ${ask.name} a ${ask.type}: it is a ${family.type}`);
    }
    const key = JSON.stringify(Object.entries(ask.labels).sort());
    const known = family.instruments.get(key);
    if (known !== undefined) return known as I;
    const made = make();
    family.instruments.set(key, made);
    return made;
  }

  return {
    counter: (name, help, labels = {}) =>
      instrument({ name, help, labels, type: "counter" }, () => new PlainCounter(labels)),
    gauge(name, help, labels = {}, read) {
      const ask: Asked = { name, help, labels, type: "gauge" };
      const gauge = instrument(ask, () => new PlainGauge(labels));
      if (read !== undefined) gauge.read = read;
      return gauge;
    },
    histogram: (name, help, labels = {}) =>
      instrument({ name, help, labels, type: "histogram" }, () => new PlainHistogram(name, labels)),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

interface Asked {
  readonly name: string;
  readonly help: string;
  readonly labels: Labels;
  readonly type: "counter" | "gauge" | "histogram";
}

interface Family {
  readonly type: Asked["type"];
  readonly instruments: Map<string, Instrument>;
}

interface Value {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
  readonly metricName?: string;
}

interface Instrument {
  values(): readonly Value[];
}

/** The registry asks a metric for nothing but its name and `get`; the type asks for prom-client's own classes. */
function asMetric({ name, help, type }: Asked, family: Family): Metric {
  const metric = {
    name,
    get: async () => ({
      name,
      help,
      type,
      aggregator: "sum",
      values: [...family.instruments.values()].flatMap((instrument) => instrument.values()),
    }),
  };
  return metric as unknown as Metric;
}

class PlainCounter implements Counter, Instrument {
  readonly #labels: Labels;
  #value = 0;

  constructor(labels: Labels) {
    this.#labels = labels;
  }

  increment(by = 1): void {
    this.#value += by;
  }

  values(): readonly Value[] {
    return [{ labels: this.#labels, value: this.#value }];
  }
}

class PlainGauge implements Gauge, Instrument {
  read: (() => number) | undefined;
  readonly #labels: Labels;
  #value = 0;

  constructor(labels: Labels) {
    this.#labels = labels;
  }

  set(value: number): void {
    this.#value = value;
  }

  values(): readonly Value[] {
    return [{ labels: this.#labels, value: this.read?.() ?? this.#value }];
  }
}

class PlainHistogram implements Histogram, Instrument {
  readonly #name: string;
  readonly #labels: Labels;
  /** Observations by bucket, the last one over all bounds. */
  readonly #counts = new Float64Array(BUCKETS_MS.length + 1);
  #sum = 0;

  constructor(name: string, labels: Labels) {
    this.#name = name;
    this.#labels = labels;
  }

  observe(value: number): void {
    let bucket = 0;
    while (bucket < BUCKETS_MS.length && value > (BUCKETS_MS[bucket] ?? 0)) bucket++;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#sum += value;
  }

  values(): readonly Value[] {
    const values: Value[] = [];
    let count = 0;
    for (const [index, inBucket] of this.#counts.entries()) {
      count += inBucket;
      const labels = { ...this.#labels, le: BUCKETS_MS[index] ?? "+Inf" };
      values.push({ labels, value: count, metricName: `${this.#name}_bucket` });
    }
    values.push({ labels: this.#labels, value: this.#sum, metricName: `${this.#name}_sum` });
    values.push({ labels: this.#labels, value: count, metricName: `${this.#name}_count` });
    return values;
  }
}
