import type { SeededRandom } from "../../../src/base/seeded-random.ts";
import { drawDelayMs } from "./draw-delay.ts";
import type { Scheduler } from "./scheduler.ts";
import type { DelayPlan } from "./world-plan.ts";

/** What may be wrong with a link; several things at once, and one thing several times. */
export type Impairment =
  | { readonly kind: "black-hole" | "closed" | "clog" }
  | { readonly kind: "latency"; readonly latencyMs: number; readonly jitterMs: number }
  | { readonly kind: "bandwidth"; readonly bytesPerSecond: number };

/** Keeps what is carried on it in order: what comes later never arrives earlier. Who has none is overtaken. */
export interface Lane {
  lastDueMs: number;
}

export interface SimLinkParts {
  readonly scheduler: Scheduler;
  readonly random: SeededRandom;
  readonly delay: DelayPlan;
}

/** One direction between two ends: how what the first says comes to the second. Knows no connections, only bytes and time. */
export class SimLink {
  readonly #parts: SimLinkParts;
  readonly #impairments = new Set<Impairment>();
  #holes = 0;
  #closures = 0;
  #clogs = 0;
  #held: (() => void)[] = [];
  /** When the last byte under a bandwidth limit has left. */
  #busyUntilMs = 0;
  #carriedBytes = 0;
  #swallowed = 0;

  constructor(parts: SimLinkParts) {
    this.#parts = parts;
  }

  get isClosed(): boolean {
    return this.#closures > 0;
  }

  /** Bytes that were sent over it, swallowed ones included, as a proxy counts them. */
  get carriedBytes(): number {
    return this.#carriedBytes;
  }

  /** Messages that vanished in a black hole. */
  get swallowedCount(): number {
    return this.#swallowed;
  }

  /** Calls `deliver` when the bytes arrive. False where they never will. */
  carry(sizeBytes: number, lane: Lane | undefined, deliver: () => void): boolean {
    this.#carriedBytes += sizeBytes;
    if (this.#holes > 0) {
      this.#swallowed += 1;
      return false;
    }
    this.#send(sizeBytes, lane, deliver);
    return true;
  }

  add(impairment: Impairment): void {
    this.#impairments.add(impairment);
    this.#count(impairment, 1);
  }

  /** What was clogged goes on its way, in order. */
  remove(impairment: Impairment): void {
    if (!this.#impairments.delete(impairment)) return;
    this.#count(impairment, -1);
    if (this.#clogs > 0) return;
    const held = this.#held;
    this.#held = [];
    for (const send of held) send();
  }

  #send(sizeBytes: number, lane: Lane | undefined, deliver: () => void): void {
    if (this.#clogs > 0) {
      this.#held.push(() => this.#send(sizeBytes, lane, deliver));
      return;
    }
    const { scheduler } = this.#parts;
    const delayMs = this.#impairments.size === 0 ? this.#drawMs() : this.#impairedMs(sizeBytes);
    const soonestMs = scheduler.monotonicMs() + delayMs;
    if (lane === undefined) {
      scheduler.at(soonestMs, deliver);
      return;
    }
    const dueMs = Math.max(soonestMs, lane.lastDueMs);
    lane.lastDueMs = dueMs;
    scheduler.at(dueMs, deliver);
  }

  #drawMs(): number {
    return drawDelayMs(this.#parts.random, this.#parts.delay);
  }

  #impairedMs(sizeBytes: number): number {
    const { random, scheduler } = this.#parts;
    let delayMs = this.#drawMs();
    for (const impairment of this.#impairments) {
      if (impairment.kind === "latency") {
        const jitterMs = (2 * random.float() - 1) * impairment.jitterMs;
        delayMs += Math.max(0, impairment.latencyMs + jitterMs);
      } else if (impairment.kind === "bandwidth") {
        const nowMs = scheduler.monotonicMs();
        const startMs = Math.max(nowMs, this.#busyUntilMs);
        this.#busyUntilMs = startMs + (1_000 * sizeBytes) / impairment.bytesPerSecond;
        delayMs += this.#busyUntilMs - nowMs;
      }
    }
    return delayMs;
  }

  #count({ kind }: Impairment, by: 1 | -1): void {
    if (kind === "black-hole") this.#holes += by;
    else if (kind === "closed") this.#closures += by;
    else if (kind === "clog") this.#clogs += by;
  }
}
