import type { Histogram } from "hdr-histogram-js";
import { build } from "hdr-histogram-js";
import { toBase64url, utf8Bytes } from "../../src/base/bytes.ts";
import type { SeededRandom } from "../../src/base/seeded-random.ts";
import type { HttpCaller, HttpCallResult } from "../../src/client/http-caller.ts";
import { HttpCallError } from "../../src/client/http-caller.ts";
import type { Clock } from "../../src/env/clock.ts";
import { CONTEXT_HEADER } from "../../src/protocol/headers.ts";
import type { UsageProfile } from "./usage-profiles.ts";

/** Nodes, real or simulated, and the time that goes with them. */
export interface ServingPlace {
  readonly clock: Pick<Clock, "monotonicMs" | "setTimer">;
  readonly http: HttpCaller;
  /** Base URLs of the nodes. */
  readonly urls: readonly string[];
}

/** Latencies in microseconds; a request that failed counts with all the time that it was allowed. */
export interface VisitFigures {
  readonly reads: Histogram;
  readonly writes: Histogram;
  failed: number;
}

const TIMEOUT_MS = 2_000;
const PRELOADERS = 16;
const PRELOAD_ATTEMPTS = 10;
const PRELOAD_PAUSE_MS = 500;
const EXPECTED: ReadonlySet<number> = new Set([200, 204, 300]);

export function visitFigures(): VisitFigures {
  const histogram = () => build({ lowestDiscernibleValue: 1, numberOfSignificantValueDigits: 3 });
  return { reads: histogram(), writes: histogram(), failed: 0 };
}

/** A service's visitors as its pattern of use has them: each reads a key, and some write it then, through nodes drawn at random. */
export class ProfileVisitors {
  readonly #keys: number;
  readonly #profile: UsageProfile;
  readonly #place: ServingPlace;
  readonly #random: SeededRandom;
  readonly #value: Uint8Array;

  constructor(
    profile: UsageProfile,
    place: ServingPlace,
    { keys, random }: { readonly keys: number; readonly random: SeededRandom },
  ) {
    this.#keys = keys;
    this.#profile = profile;
    this.#place = place;
    this.#random = random;
    this.#value = utf8Bytes("v".repeat(profile.valueBytes));
  }

  /** Writes each key once. Throws Error where one is refused again and again. */
  async preload(): Promise<void> {
    let next = 0;
    const work = async (): Promise<void> => {
      for (let key = next++; key < this.#keys; key = next++) await this.#preloadKey(key);
    };
    await Promise.all(Array.from({ length: PRELOADERS }, work));
  }

  /** On a busy machine nodes may take each other for dead for a moment, and refuse. */
  async #preloadKey(key: number): Promise<void> {
    const { clock } = this.#place;
    for (let attempt = 1; ; attempt += 1) {
      const answer = await this.#call("PUT", key, {});
      if (answer?.status === 204) return;
      if (attempt === PRELOAD_ATTEMPTS) {
        throw new Error(`Cannot preload key ${key}: the answer was ${answer?.status ?? "none"}`);
      }
      await new Promise<void>((resolve) => clock.setTimer(PRELOAD_PAUSE_MS, resolve));
    }
  }

  /** Comes when it comes, whatever became of those before: requests are timed from the moment in which they were due. */
  async arrive(figures: VisitFigures, ratePerSecond: number, durationMs: number): Promise<void> {
    const { clock } = this.#place;
    const meanGapMs = (1_000 * (1 + this.#profile.writeShare)) / ratePerSecond;
    const endMs = clock.monotonicMs() + durationMs;
    const visits: Promise<number>[] = [];
    const gapMs = () => -Math.log(1 - this.#random.float()) * meanGapMs;
    for (let dueMs = clock.monotonicMs() + gapMs(); dueMs < endMs; dueMs += gapMs()) {
      const earlyMs = dueMs - clock.monotonicMs();
      if (earlyMs > 0) await new Promise<void>((resolve) => clock.setTimer(earlyMs, resolve));
      visits.push(this.#visit(figures, dueMs));
    }
    await Promise.all(visits);
  }

  /** So many visitors, each of whom comes back at once. Gives the requests that were served in time, by the second. */
  async crowd(visitors: number, durationMs: number): Promise<number> {
    const { clock } = this.#place;
    const endMs = clock.monotonicMs() + durationMs;
    const figures = visitFigures();
    let served = 0;
    const come = async (): Promise<void> => {
      while (clock.monotonicMs() < endMs) {
        const count = await this.#visit(figures, clock.monotonicMs());
        if (clock.monotonicMs() < endMs) served += count;
      }
    };
    await Promise.all(Array.from({ length: visitors }, come));
    return (1_000 * served) / durationMs;
  }

  /** A read, and the write that may follow. Gives how many of its requests were served. */
  async #visit(figures: VisitFigures, dueMs: number): Promise<number> {
    const { clock } = this.#place;
    const key = this.#random.integer(this.#keys);
    const isWriting = this.#random.float() < this.#profile.writeShare;
    const read = await this.#call("GET", key, {});
    if (!this.#record(figures, figures.reads, dueMs, read)) return 0;
    if (!isWriting) return 1;
    const context = this.#profile.writes === "blind" ? undefined : read?.headers[CONTEXT_HEADER];
    const startMs = clock.monotonicMs();
    const written = await this.#call("PUT", key, context ? { [CONTEXT_HEADER]: context } : {});
    return this.#record(figures, figures.writes, startMs, written) ? 2 : 1;
  }

  /** True where the request was served. */
  #record(
    figures: VisitFigures,
    latenciesUs: Histogram,
    startMs: number,
    answer: HttpCallResult | undefined,
  ): boolean {
    const isServed = answer !== undefined && EXPECTED.has(answer.status);
    const tookMs = this.#place.clock.monotonicMs() - startMs;
    const countedMs = isServed ? tookMs : Math.max(tookMs, TIMEOUT_MS);
    latenciesUs.recordValue(Math.max(1, Math.round(1_000 * countedMs)));
    if (!isServed) figures.failed += 1;
    return isServed;
  }

  /** Undefined where no answer came. */
  async #call(
    method: "GET" | "PUT",
    key: number,
    headers: Readonly<Record<string, string>>,
  ): Promise<HttpCallResult | undefined> {
    const { http, urls } = this.#place;
    const url = `${this.#random.pick(urls)}/kv64/${toBase64url(utf8Bytes(`key ${key}`))}`;
    const body = method === "PUT" ? { body: this.#value } : {};
    try {
      return await http.call({ method, url, headers, timeoutMs: TIMEOUT_MS, ...body });
    } catch (error) {
      if (!(error instanceof HttpCallError)) throw error;
      return undefined;
    }
  }
}
