/*
 * An open-loop schedule: when operations ought to begin does not depend on how fast earlier ones were.
 *
 * Problem. A load generator that waits for a free process before it decides on the next operation measures a stalled
 * store with fewer operations, and its percentiles hide the stall (coordinated omission).
 * Sketch. The schedule is fixed before anything is sent: operation i has its intended start, a fixed gap or an
 * exponential one (Poisson arrivals) after operation i-1. Asked late, it gives every overdue operation with its
 * old intended start, and latency counts from there.
 */

import type { Random } from "../../src/env/random.ts";
import type { OperationGenerator } from "./generator.ts";
import { DONE } from "./generator.ts";

export interface OpenLoopOptions {
  /** Operations begun each second, all processes together; above 0. */
  readonly ratePerSecond: number;
  readonly arrivals: "fixed" | "poisson";
  /** Intended start of the first operation. */
  readonly startNs?: number;
}

/** The operations of `inner`, each with its intended start. */
export function openLoop(options: OpenLoopOptions, inner: OperationGenerator): OperationGenerator {
  const { ratePerSecond, arrivals, startNs = 0 } = options;
  if (!(ratePerSecond > 0 && Number.isFinite(ratePerSecond))) {
    throw new RangeError(
      `Cannot schedule ${ratePerSecond} operations a second: the rate must be above 0`,
    );
  }
  const gapNs = 1e9 / ratePerSecond;
  const drawGapNs =
    arrivals === "fixed" ? () => gapNs : (random: Random) => -gapNs * Math.log(1 - random.float());
  return new OpenLoop(drawGapNs, startNs, inner);
}

class OpenLoop implements OperationGenerator {
  readonly #drawGapNs: (random: Random) => number;
  /** With fractions, so that rounding does not add up over a long run. */
  readonly #nextNs: number;
  readonly #inner: OperationGenerator;

  constructor(drawGapNs: (random: Random) => number, nextNs: number, inner: OperationGenerator) {
    this.#drawGapNs = drawGapNs;
    this.#nextNs = nextNs;
    this.#inner = inner;
  }

  ask(context: Parameters<OperationGenerator["ask"]>[0]): ReturnType<OperationGenerator["ask"]> {
    const intendedNs = Math.ceil(this.#nextNs);
    if (intendedNs > context.timeNs) {
      return { kind: "pending", untilNs: intendedNs, next: this };
    }
    const asked = this.#inner.ask(context);
    switch (asked.kind) {
      case "operation": {
        const { f, key, value } = asked.request;
        const nextNs = this.#nextNs + this.#drawGapNs(context.random);
        return {
          kind: "operation",
          request: { f, key, value, intendedNs },
          next: new OpenLoop(this.#drawGapNs, nextNs, asked.next),
        };
      }
      case "pending":
        return {
          kind: "pending",
          untilNs: asked.untilNs,
          next: new OpenLoop(this.#drawGapNs, this.#nextNs, asked.next),
        };
      case "done":
        return DONE;
    }
  }
}
