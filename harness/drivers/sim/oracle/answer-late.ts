import type { ClientRequest } from "./key-state.ts";
import type { TimeBounds } from "./time-bounds.ts";
import { timerSlackMs } from "./time-bounds.ts";
import type { Violations } from "./violations.ts";

export interface LateCheckOptions {
  /** Virtual time. */
  readonly nowMs: () => number;
  readonly bounds: Pick<TimeBounds, "writeGraceMs">;
}

const CHECK = "answer-late";

/**
 * A node answers every request within its deadline, with a refusal where it must (D-4.6-3): whatever it waits for, a
 * replica, a forwarded write or its own disk, it does not wait without end. While its process is paused nothing is due;
 * what fell due then is when it goes on.
 */
export class DeadlineWatch {
  readonly #options: LateCheckOptions;
  readonly #violations: Violations;
  readonly #paused = new Set<string>();
  readonly #resumedMs = new Map<string, number>();

  constructor(options: LateCheckOptions, violations: Violations) {
    this.#options = options;
    this.#violations = violations;
  }

  answered(request: ClientRequest): void {
    const lateMs = this.#lateMs(request);
    if (lateMs > 0) this.#report("a request was answered after its deadline", request, lateMs);
  }

  paused(node: string): void {
    this.#paused.add(node);
  }

  resumed(node: string): void {
    this.#paused.delete(node);
    this.#resumedMs.set(node, this.#options.nowMs());
  }

  /** What is under way there will never be answered; it should have been by now where its deadline is over. */
  died(node: string, underWay: Iterable<ClientRequest>): void {
    const wasPaused = this.#paused.delete(node);
    for (const request of underWay) {
      if (request.ask.node !== node) continue;
      if (!wasPaused) this.#expectAnswered(request);
      request.isAbandoned = true;
    }
  }

  /** To be called when every node runs and nobody waits for an answer any more. */
  finish(underWay: Iterable<ClientRequest>): void {
    for (const request of underWay) this.#expectAnswered(request);
  }

  #expectAnswered(request: ClientRequest): void {
    const lateMs = request.isAbandoned ? 0 : this.#lateMs(request);
    if (lateMs > 0) this.#report("a request was never answered", request, lateMs);
  }

  /** By how much it is too late, what is allowed not counted; 0 or less where it is not. */
  #lateMs({ ask: { node, method, timeoutMs }, askedMs }: ClientRequest): number {
    const afterMs = this.#options.nowMs() - askedMs - timeoutMs;
    if (!(afterMs > 0)) return 0;
    const sinceResumedMs = this.#options.nowMs() - (this.#resumedMs.get(node) ?? 0);
    const graceMs = method === "GET" ? 0 : this.#options.bounds.writeGraceMs;
    return Math.min(afterMs, sinceResumedMs) - graceMs - timerSlackMs(timeoutMs);
  }

  #report(anomaly: string, { ask, state, askedMs }: ClientRequest, lateMs: number): void {
    this.#violations.report(CHECK, () => ({
      anomaly,
      detail: `Node ${ask.node} was asked at ${askedMs.toFixed(3)} ms and had ${ask.timeoutMs} ms for request ${ask.id} (${ask.method}); ${lateMs.toFixed(3)} ms beyond what is allowed after that there was no answer`,
      key: state.name,
    }));
  }
}
