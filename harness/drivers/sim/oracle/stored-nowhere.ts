import { covers } from "./key-history.ts";
import type { ClientRequest } from "./key-state.ts";
import { isCollected } from "./resurrected.ts";
import type { TimeBounds } from "./time-bounds.ts";
import { timerSlackMs } from "./time-bounds.ts";
import type { Violations } from "./violations.ts";

export interface StoredCheckOptions {
  /** Virtual time. */
  readonly nowMs: () => number;
  readonly bounds: Pick<TimeBounds, "ownDiskMs" | "writeAnswerMs">;
}

/**
 * Where nodes buffer writes, one copy of each is stored by its own, not by a flush that may come much later (paper 6.1, D-6.1-5). The
 * client is told when W nodes have the write in memory; the stored copy may come after that, but no later than the request ends,
 * at its deadline, when the coordinator keeps a hint for whoever did not answer.
 *
 * Nothing is asked where a node died or slept meanwhile, or a disk refused: then the duty may have died with its bearer (K-16).
 * For the lossless modes, whose clocks tell what a record covers.
 */
export class StoredWatch {
  readonly #options: StoredCheckOptions;
  readonly #violations: Violations;
  /** Acknowledged writes with the time at which they must be stored somewhere; nearly in that order. */
  readonly #due: { readonly request: ClientRequest; readonly dueMs: number }[] = [];
  #disturbedMs = Number.NEGATIVE_INFINITY;

  constructor(options: StoredCheckOptions, violations: Violations) {
    this.#options = options;
    this.#violations = violations;
  }

  /** A node died, stopped or went on, or a disk could not store something. */
  disturbed(): void {
    this.#disturbedMs = this.#options.nowMs();
  }

  acknowledged(request: ClientRequest): void {
    const { ownDiskMs, writeAnswerMs } = this.#options.bounds;
    const lastsMs = request.ask.timeoutMs + timerSlackMs(request.ask.timeoutMs);
    const dueMs = request.askedMs + lastsMs + ownDiskMs + writeAnswerMs;
    this.#due.push({ request, dueMs });
  }

  /** To be called often: judges what is due by now. */
  passed(): void {
    const nowMs = this.#options.nowMs();
    for (
      let [first] = this.#due;
      first !== undefined && first.dueMs <= nowMs;
      [first] = this.#due
    ) {
      this.#due.shift();
      this.#judge(first.request);
    }
  }

  #judge({ ask, askedMs, state, mints }: ClientRequest): void {
    if (this.#disturbedMs >= askedMs) return;
    const isStored = state.copies.some(({ stored }) => {
      const clock = stored?.record.clock;
      return clock !== undefined && mints.some((mint) => covers(clock, mint));
    });
    // Tombstones that went since were stored before.
    if (isStored || mints.some((mint) => isCollected(state, mint))) return;
    this.#violations.report("stored-nowhere", () => ({
      anomaly:
        "a write was acknowledged and stored by none of its replicas when its request had ended",
      detail: `Node ${ask.node} acknowledged request ${ask.id}, asked at ${askedMs.toFixed(1)} ms with ${ask.timeoutMs} ms of time, and no disk has it`,
      key: state.name,
    }));
  }
}
