import type { Operation } from "../history/operation.ts";

/** What the progress line shows of the load; the window is the time since the last look. */
export interface Figures {
  readonly operationsPerSecond: number;
  /** From the intended start; undefined where nothing completed in the window. */
  readonly p99Ms: number | undefined;
  readonly ok: number;
  readonly fail: number;
  readonly info: number;
}

/** Counts completions as they come. */
export class LiveFigures {
  readonly #counts = { ok: 0, fail: 0, info: 0 };
  #latenciesMs: number[] = [];

  add(completion: Operation): void {
    if (completion.type === "invoke") return;
    this.#counts[completion.type] += 1;
    this.#latenciesMs.push((completion.timeNs - completion.intendedNs) / 1e6);
  }

  /** Figures of the window that ends now and lasted `windowMs`; the next one begins. */
  take(windowMs: number): Figures {
    const latenciesMs = this.#latenciesMs.toSorted((left, right) => left - right);
    this.#latenciesMs = [];
    return {
      operationsPerSecond: windowMs > 0 ? (latenciesMs.length * 1_000) / windowMs : 0,
      p99Ms: latenciesMs[Math.ceil(latenciesMs.length * 0.99) - 1],
      ...this.#counts,
    };
  }
}
