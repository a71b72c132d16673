import { SeededRandom } from "../../base/seeded-random.ts";
import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import type { Counter, Gauge, Histogram, Labels, Metrics } from "../metrics.ts";
import { CountingAssertions } from "./counting-assertions.ts";

/** A log that keeps its lines, for tests that ask what was logged. */
class MemoryLog implements Log {
  readonly lines: { readonly level: string; readonly fields: object; readonly message: string }[] =
    [];

  debug(fields: object, message: string): void {
    this.lines.push({ level: "debug", fields, message });
  }
  info(fields: object, message: string): void {
    this.lines.push({ level: "info", fields, message });
  }
  warn(fields: object, message: string): void {
    this.lines.push({ level: "warn", fields, message });
  }
  error(fields: object, message: string): void {
    this.lines.push({ level: "error", fields, message });
  }
}

/** Metrics whose values a test can read: `valueOf("name", labels)`. */
class MemoryMetrics implements Metrics {
  readonly #values = new Map<string, number>();
  readonly #reads = new Map<string, () => number>();

  counter(name: string, _help: string, labels: Labels = {}): Counter {
    const key = keyOf(name, labels);
    return { increment: (by = 1) => this.#values.set(key, (this.#values.get(key) ?? 0) + by) };
  }

  gauge(name: string, _help: string, labels: Labels = {}, read?: () => number): Gauge {
    const key = keyOf(name, labels);
    if (read !== undefined) this.#reads.set(key, read);
    return { set: (value) => this.#values.set(key, value) };
  }

  /** Counts observations. */
  histogram(name: string, _help: string, labels: Labels = {}): Histogram {
    const key = keyOf(name, labels);
    return { observe: () => this.#values.set(key, (this.#values.get(key) ?? 0) + 1) };
  }

  valueOf(name: string, labels: Labels = {}): number {
    const key = keyOf(name, labels);
    return this.#reads.get(key)?.() ?? this.#values.get(key) ?? 0;
  }
}

/** Everything of an environment but the transport. */
export function quietEnvironment<C extends Clock>(clock: C, seed = 1) {
  return {
    clock,
    random: new SeededRandom(seed),
    log: new MemoryLog(),
    metrics: new MemoryMetrics(),
    assertions: new CountingAssertions(),
  };
}

function keyOf(name: string, labels: Labels): string {
  return `${name} ${JSON.stringify(Object.entries(labels).sort())}`;
}
