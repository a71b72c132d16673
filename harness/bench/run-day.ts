import type { Histogram } from "hdr-histogram-js";
import { build } from "hdr-histogram-js";
import { toBase64url, utf8Bytes } from "../../src/base/bytes.ts";
import { SeededRandom } from "../../src/base/seeded-random.ts";
import { CONTEXT_HEADER } from "../../src/protocol/headers.ts";
import type { SimCluster } from "../drivers/sim/sim-cluster.ts";
import { passTime, simBenchCluster, stallDisks } from "./sim-bench-cluster.ts";

/**
 * A day of a service in small (paper 6.1, Figures 4 and 5): load that rises and falls as customers wake and sleep, each request a read
 * of a key, or the write that follows it. A disk stalls now and then, as it does when it writes back what it has gathered:
 * the more is written, the more often.
 */
export interface Day {
  /** Rows that nodes buffer; 0: each acknowledgement waits for the disk. */
  readonly writeBufferObjects: number;
  readonly hours: number;
  /** Virtual time that stands for an hour. */
  readonly hourMs: number;
  /** Reads a second at noon, and as many writes; a tenth of it at midnight. */
  readonly peakPerSecond: number;
  readonly seed: number;
}

/** Latencies in microseconds, by the hour in which a request began. */
export interface DayResult {
  readonly reads: readonly Histogram[];
  readonly writes: readonly Histogram[];
  readonly failed: number;
}

/** What the load is at midnight, as a share of noon's. */
const TROUGH_SHARE = 0.1;
const KEYS = 5_000;
const VALUE = utf8Bytes("v".repeat(1_024));
const TIMEOUT_MS = 2_000;
/** Long enough for a buffer to be used: with the default of 100 ms it holds a few dozen rows at most. */
const FLUSH_MS = 1_000;
const UNTIL_MS = 24 * 3_600_000;
/** Of the busiest hour; a quiet one has fewer, and they are as long. */
const STALLS = { everyMs: 1_000, lastsMs: 80, readMs: 10, writeMs: 120 };

export async function runDay(day: Day): Promise<DayResult> {
  const { writeBufferObjects, seed } = day;
  const cluster = simBenchCluster({
    seed,
    plan: writeBufferObjects === 0 ? {} : { writeBufferObjects },
    world: {
      network: { minMs: 0.3, meanMs: 1 },
      diskRead: { minMs: 0.1, meanMs: 2 },
      diskWrite: { minMs: 2, meanMs: 6 },
      settings: { requestTimeoutMs: 1_000, writeBufferFlushMs: FLUSH_MS },
    },
    diskBytesPerSecond: 1_000_000,
  });
  return await cluster.scheduler.run(live(cluster, day), { untilMs: UNTIL_MS });
}

async function live(cluster: SimCluster, day: Day): Promise<DayResult> {
  const { hours, hourMs, peakPerSecond, seed } = day;
  await cluster.start();
  const { scheduler } = cluster;
  const random = new SeededRandom(`day ${seed}`);
  const startMs = scheduler.monotonicMs();
  const hourNow = () =>
    Math.min(hours - 1, Math.floor((scheduler.monotonicMs() - startMs) / hourMs));
  const endStalls = stallDisks(
    cluster,
    { ...STALLS, shareNow: () => loadShare(hourNow(), hours) },
    random.fork("stalls"),
  );
  const service = new Service(cluster, hours, hourNow, random.fork("service"));
  const arrivals = random.fork("arrivals");
  const visits: Promise<void>[] = [];
  while (scheduler.monotonicMs() - startMs < hours * hourMs) {
    visits.push(service.visit());
    const perSecond = peakPerSecond * loadShare(hourNow(), hours);
    await passTime(cluster, (-Math.log(1 - arrivals.float()) * 1_000) / perSecond);
  }
  await Promise.all(visits);
  endStalls();
  await cluster.stop();
  return service;
}

/** Of an hour's load, of noon's. */
export function loadShare(hour: number, hours: number): number {
  const swing = (1 - Math.cos((2 * Math.PI * (hour + 0.5)) / hours)) / 2;
  return TROUGH_SHARE + (1 - TROUGH_SHARE) * swing;
}

/** Load of three quarters of noon's, or more. */
export function isPeak(hour: number, hours: number): boolean {
  return loadShare(hour, hours) >= 0.75;
}

/** Load of a third of noon's, or less. */
export function isTrough(hour: number, hours: number): boolean {
  return loadShare(hour, hours) <= 1 / 3;
}

/** One histogram of several hours. */
export function during(
  hours: readonly Histogram[],
  isMeant: (hour: number, hours: number) => boolean = () => true,
): Histogram {
  const sum = histogram();
  for (const [hour, latencies] of hours.entries()) {
    if (isMeant(hour, hours.length)) sum.add(latencies);
  }
  return sum;
}

function histogram(): Histogram {
  return build({ lowestDiscernibleValue: 1, numberOfSignificantValueDigits: 3 });
}

/** What customers ask for, each through a node drawn at random. */
class Service implements DayResult {
  readonly reads: readonly Histogram[];
  readonly writes: readonly Histogram[];
  failed = 0;
  readonly #cluster: SimCluster;
  readonly #hourNow: () => number;
  readonly #random: SeededRandom;

  constructor(cluster: SimCluster, hours: number, hourNow: () => number, random: SeededRandom) {
    this.reads = Array.from({ length: hours }, histogram);
    this.writes = Array.from({ length: hours }, histogram);
    this.#cluster = cluster;
    this.#hourNow = hourNow;
    this.#random = random;
  }

  /** A read, and the write that follows it. */
  async visit(): Promise<void> {
    const key = toBase64url(utf8Bytes(`key ${this.#random.integer(KEYS)}`));
    const read = await this.#ask(this.reads, "GET", key, "");
    await this.#ask(this.writes, "PUT", key, read.headers[CONTEXT_HEADER] ?? "");
  }

  async #ask(hours: readonly Histogram[], method: string, key: string, context: string) {
    const { http, scheduler, nodes } = this.#cluster;
    const node = this.#random.pick(nodes);
    const latencies = hours[this.#hourNow()];
    const startMs = scheduler.monotonicMs();
    const answer = await http.call({
      method,
      url: `${this.#cluster.addresses(node).direct}/kv64/${key}`,
      headers: { [CONTEXT_HEADER]: context },
      timeoutMs: TIMEOUT_MS,
      ...(method === "PUT" ? { body: VALUE } : {}),
    });
    if (answer.status >= 500) this.failed += 1;
    latencies?.recordValue(Math.max(1, Math.round(1_000 * (scheduler.monotonicMs() - startMs))));
    return answer;
  }
}
