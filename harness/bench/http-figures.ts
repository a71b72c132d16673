import type { HttpBenchOptions } from "./http-options.ts";

/** Latencies in milliseconds, from sending to the last byte of the answer. */
export interface LatencyFigures {
  readonly count: number;
  readonly mean: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** What one run measured; nothing of the warm-up is in it. */
export interface LoadFigures {
  readonly measuredSeconds: number;
  readonly requestsPerSecond: number;
  readonly latencyMs: {
    readonly all: LatencyFigures;
    readonly get: LatencyFigures;
    readonly put: LatencyFigures;
  };
  /** Answers by method and status, such as `GET 200`; the warm-up's too, since nothing unexpected may happen there either. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Connection errors and time-outs, by message. */
  readonly errors: Readonly<Record<string, number>>;
  /** Requests whose connection ended before their answer. */
  readonly unanswered: number;
  /** Processor time of the load generator for one request, in microseconds, warm-up included. */
  readonly generatorCpuUs: number;
}

/**
 * The same, with the nodes' side. Processor time a request tells more than the rate where others use the machine too: two
 * free cores have 200 µs for each of 10,000 requests a second.
 */
export interface HttpBenchFigures extends LoadFigures {
  /** Processor time of all nodes together for one request, in microseconds; null where they do not tell. */
  readonly nodesCpuUs: number | null;
}

export const REQUESTS_PER_SECOND_TARGET = 10_000;
export const P999_MS_TARGET = 50;
export const MULTI_VERSION_SHARE_MAX = 0.01;

const EXPECTED = new Set(["GET 200", "GET 300", "PUT 204"]);

/** Share of the reads that returned several versions. */
export function multiVersionShare({ statuses }: Pick<LoadFigures, "statuses">): number {
  const several = statuses["GET 300"] ?? 0;
  const reads = several + (statuses["GET 200"] ?? 0);
  return reads === 0 ? 0 : several / reads;
}

/** Why the run failed, one sentence each; empty where it did not. */
export function failuresOf(figures: LoadFigures, targets: boolean): readonly string[] {
  const failures: string[] = [];
  for (const [answer, count] of Object.entries(figures.statuses)) {
    if (!EXPECTED.has(answer)) failures.push(`unexpected answer ${answer}, ${count} times`);
  }
  for (const [message, count] of Object.entries(figures.errors)) {
    failures.push(`connection error "${message}", ${count} times`);
  }
  if (figures.unanswered > 0) failures.push(`${figures.unanswered} requests were never answered`);
  const { get, put, all } = figures.latencyMs;
  if (get.count === 0 || put.count === 0) failures.push("not both reads and writes were measured");
  const share = multiVersionShare(figures);
  if (share > MULTI_VERSION_SHARE_MAX) {
    failures.push(
      `${percent(share)} of reads returned several versions, more than ${percent(MULTI_VERSION_SHARE_MAX)}`,
    );
  }
  if (!targets) return failures;
  if (figures.requestsPerSecond < REQUESTS_PER_SECOND_TARGET) {
    failures.push(
      `${rate(figures.requestsPerSecond)} requests/s, the target is ${rate(REQUESTS_PER_SECOND_TARGET)}`,
    );
  }
  if (!(all.p999 < P999_MS_TARGET)) {
    failures.push(`p99.9 is ${all.p999.toFixed(1)} ms, the target is below ${P999_MS_TARGET} ms`);
  }
  return failures;
}

/** The figures as lines for a terminal. */
export function printedFigures(figures: HttpBenchFigures, options: HttpBenchOptions): string {
  const { latencyMs, statuses } = figures;
  const row = (name: string, { count, mean, p50, p99, p999, max }: LatencyFigures) => {
    const cells = [mean, p50, p99, p999, max].map((ms) => ms.toFixed(2).padStart(9));
    return `${name.padEnd(5)}${String(count).padStart(10)}${cells.join("")}`;
  };
  const answers = Object.entries(statuses).map(([answer, count]) => `${answer}: ${count}`);
  return [
    `${options.nodes} nodes, ${engineName(options)}, ${options.connections} connections, ${options.keys} keys, values of ${options.valueBytes} bytes`,
    `${rate(figures.requestsPerSecond)} requests/s over ${figures.measuredSeconds.toFixed(1)} s (closed loop)`,
    `processor time a request: ${figures.generatorCpuUs.toFixed(0)} µs load generator, ${figures.nodesCpuUs?.toFixed(0) ?? "unknown"} µs nodes`,
    "",
    `ms        count     mean      p50      p99    p99.9      max${latencyMs.all.count < 10_000 ? "   (few samples)" : ""}`,
    row("GET", latencyMs.get),
    row("PUT", latencyMs.put),
    row("all", latencyMs.all),
    "",
    `answers: ${answers.join(", ")}`,
    `reads with several versions: ${percent(multiVersionShare(figures))}`,
  ].join("\n");
}

/** An engine and its buffer as one name. */
export function engineName({
  engine,
  writeBuffer,
}: Pick<HttpBenchOptions, "engine" | "writeBuffer">) {
  return writeBuffer === 0
    ? `${engine} engine`
    : `${engine} engine with a buffer of ${writeBuffer}`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(3)} %`;
}

function rate(perSecond: number): string {
  return Math.round(perSecond).toLocaleString("en-US");
}
