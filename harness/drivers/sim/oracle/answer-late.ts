import type { ClientRequest, KeyState } from "./key-state.ts";
import type { TimeBounds } from "./time-bounds.ts";
import { timerSlackMs } from "./time-bounds.ts";
import type { Violations } from "./violations.ts";

const CHECK = "answer-late";
const MINT_CHECK = "minted-late";

/**
 * A node answers every request within its deadline, with a refusal where it must (D-4.6-3): whatever it waits for, a
 * replica, a forwarded write or its own disk, it does not wait without end. While its process is paused nothing is due;
 * what fell due then is when it goes on. Nor is a write made when everybody has given it up, by a node that a slow
 * connection brought it to at last (K-11): what was written since would stand beside it.
 */
export class DeadlineWatch {
  /** Virtual time. */
  readonly #nowMs: () => number;
  readonly #mintedLateMs: number;
  readonly #violations: Violations;
  readonly #paused = new Set<string>();
  readonly #resumedMs = new Map<string, number>();

  constructor(
    nowMs: () => number,
    bounds: Pick<TimeBounds, "mintedLateMs">,
    violations: Violations,
  ) {
    this.#nowMs = nowMs;
    this.#mintedLateMs = bounds.mintedLateMs;
    this.#violations = violations;
  }

  answered(request: ClientRequest): void {
    const lateMs = this.#lateMs(request);
    if (lateMs > 0) this.#report("a request was answered after its deadline", request, lateMs);
  }

  /** A node makes a write of this payload. */
  minted(node: string, state: KeyState, payload: string): void {
    const last = state.lastAskedFor(payload);
    if (last === undefined) return;
    const dueMs = last.askedMs + last.ask.timeoutMs;
    const lateMs = this.#nowMs() - dueMs - this.#mintedLateMs - timerSlackMs(this.#nowMs());
    if (!(lateMs > 0)) return;
    this.#violations.report(MINT_CHECK, () => ({
      anomaly: "a write was made after everybody had given it up",
      detail: `Node ${node} minted the write of request ${last.ask.id} (${last.ask.method} at node ${last.ask.node}, ${last.askedMs.toFixed(3)} ms) ${lateMs.toFixed(3)} ms later than any node may`,
      key: state.name,
    }));
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
