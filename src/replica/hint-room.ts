import type { NodeId } from "../base/ids.ts";
import type { Environment } from "../env/environment.ts";
import type { Counter } from "../env/metrics.ts";
import { DynamoError } from "../protocol/errors.ts";
import type { HintIndex } from "./hint-index.ts";

/** How much of other nodes' data one node keeps at most (D-4.6-8, K-20). */
export interface HintLimits {
  readonly hintsMax: number;
  /** Of hint rows, their keys included. */
  readonly hintBytesMax: number;
}

/** What is kept, and what of it is left. */
export interface HintUse {
  readonly count: number;
  readonly sizeBytes: number;
}

export interface HintRoomStatus extends HintUse {
  /** The alarm: a hint was refused, and there is little more room since. */
  readonly isLimitReached: boolean;
}

/** True where a row of `before` bytes (undefined: none) may become one of `after`; one that does not grow always may. */
export function hasRoom(
  { count, sizeBytes }: HintUse,
  { before, after }: { readonly before: number | undefined; readonly after: number },
  { hintsMax, hintBytesMax }: HintLimits,
): boolean {
  if (before === undefined && count >= hintsMax) return false;
  return after <= (before ?? 0) || sizeBytes - (before ?? 0) + after <= hintBytesMax;
}

/**
 * Bounds the hints of one node. One that there is no room for is refused for certain, so that whoever wanted it kept asks somebody
 * else; no hint is ever given up for another, since each may be the last copy of its slot. Rows that are under way count.
 */
export class HintRoom {
  readonly #env: Pick<Environment, "assertions" | "log">;
  readonly #hints: HintIndex;
  readonly #limits: HintLimits;
  readonly #refused: Counter;
  #isLimitReached = false;

  constructor(
    env: Pick<Environment, "assertions" | "log" | "metrics">,
    hints: HintIndex,
    limits: HintLimits = UNLIMITED,
  ) {
    this.#env = env;
    this.#hints = hints;
    this.#limits = limits;
    const { metrics } = env;
    metrics.gauge("ringside_hints_bytes", "Bytes of hint rows, keys included.", {}, () => {
      return hints.sizeBytes;
    });
    metrics.gauge(
      "ringside_hints_limit_reached",
      "1 while hints are refused, or were and little room has come since.",
      {},
      () => Number(this.#isLimitReached),
    );
    this.#refused = metrics.counter(
      "ringside_hints_refused_total",
      "Hints that there was no room for.",
    );
  }

  /** Counts the hint row as one of so many bytes, or throws DynamoError hints-full and counts nothing. */
  claim(key: string, owner: NodeId, sizeBytes: number): void {
    const before = this.#hints.sizeOf(key, owner);
    if (!hasRoom(this.#hints, { before, after: sizeBytes }, this.#limits)) {
      this.#refuse(owner);
    }
    this.#hints.set(key, owner, sizeBytes);
  }

  /** To be called after hints have gone; lowers the alarm where there is room again. */
  freed(): void {
    const { hintsMax, hintBytesMax } = this.#limits;
    const { count, sizeBytes } = this.#hints;
    const isRoomy = count <= LOW_SHARE * hintsMax && sizeBytes <= LOW_SHARE * hintBytesMax;
    if (!this.#isLimitReached || !isRoomy) return;
    this.#isLimitReached = false;
    this.#env.log.info({ count, sizeBytes }, "There is room for hints again");
  }

  status(): HintRoomStatus {
    const { count, sizeBytes } = this.#hints;
    return { count, sizeBytes, isLimitReached: this.#isLimitReached };
  }

  #refuse(owner: NodeId): never {
    const { count, sizeBytes } = this.#hints;
    this.#env.assertions.reachable("a hint was refused for want of room");
    this.#refused.increment();
    if (!this.#isLimitReached) {
      this.#isLimitReached = true;
      this.#env.log.warn({ count, sizeBytes, ...this.#limits }, "Hints are refused: no room");
    }
    throw new DynamoError(
      "hints-full",
      `Cannot keep a hint for ${owner}: there are ${count} of ${sizeBytes} bytes, and no room for more`,
    );
  }
}

const UNLIMITED: HintLimits = {
  hintsMax: Number.POSITIVE_INFINITY,
  hintBytesMax: Number.POSITIVE_INFINITY,
};

/** The alarm goes once so much of both limits is in use at most; without a gap it would come and go with every hint. */
const LOW_SHARE = 0.9;
