import type { ClientRequest } from "./key-state.ts";
import { timerSlackMs } from "./time-bounds.ts";
import type { Violations } from "./violations.ts";

const CHECK = "answer-late";

/**
 * A node answers every request within its deadline, with a refusal where it must (D-4.6-3): whatever it waits for, a
 * replica, a forwarded write or its own disk, it does not wait without end. While its process is paused nothing is due;
 * what fell due then is when it goes on.
 */
export class DeadlineWatch {
  /** Virtual time. */
  readonly #nowMs: () => number;
  readonly #violations: Violations;
  readonly #paused = new Set<string>();
  readonly #resumedMs = new Map<string, number>();

  constructor(nowMs: () => number, violations: Violations) {
    this.#nowMs = nowMs;
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
    this.#resumedMs.set(node, this.#nowMs());
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

  /** By how much it is too late, timers' slack not counted; 0 or less where it is not. */
  #lateMs({ ask: { node, timeoutMs }, askedMs }: ClientRequest): number {
    const afterMs = this.#nowMs() - askedMs - timeoutMs;
    if (!(afterMs > 0)) return 0;
    const sinceResumedMs = this.#nowMs() - (this.#resumedMs.get(node) ?? 0);
    return Math.min(afterMs, sinceResumedMs) - timerSlackMs(timeoutMs);
  }

  #report(anomaly: string, { ask, state, askedMs }: ClientRequest, lateMs: number): void {
    this.#violations.report(CHECK, () => ({
      anomaly,
      detail: `Node ${ask.node} was asked at ${askedMs.toFixed(3)} ms and had ${ask.timeoutMs} ms for request ${ask.id} (${ask.method}); ${lateMs.toFixed(3)} ms after that, timers' slack not counted, there was no answer`,
      key: state.name,
    }));
  }
}
