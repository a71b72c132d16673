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
 * A node answers every request within its deadline, with a refusal where it must (D-4.6-3, D-5-6): whatever it waits for, a replica, a
 * forwarded write or its own disk, it does not wait without end. While its process is paused nothing is due; what fell due then is when
 * it goes on.
 */
export class DeadlineWatch {
  readonly #options: LateCheckOptions;
  readonly #violations: Violations;
  readonly #underWay = new Map<string, Map<number, Waiting>>();
  readonly #paused = new Set<string>();

  constructor(options: LateCheckOptions, violations: Violations) {
    this.#options = options;
    this.#violations = violations;
  }

  asked(request: ClientRequest): void {
    const { node, id, timeoutMs } = request.ask;
    let waiting = this.#underWay.get(node);
    if (waiting === undefined) {
      waiting = new Map();
      this.#underWay.set(node, waiting);
    }
    waiting.set(id, { request, dueMs: request.askedMs + timeoutMs });
  }

  answered({ ask }: ClientRequest): void {
    const waiting = this.#underWay.get(ask.node);
    const answered = waiting?.get(ask.id);
    waiting?.delete(ask.id);
    if (answered !== undefined && this.#isLate(answered)) {
      this.#report("a request was answered after its deadline", answered);
    }
  }

  paused(node: string): void {
    this.#paused.add(node);
  }

  resumed(node: string): void {
    this.#paused.delete(node);
    const nowMs = this.#options.nowMs();
    for (const waiting of this.#underWay.get(node)?.values() ?? []) {
      waiting.dueMs = Math.max(waiting.dueMs, nowMs);
    }
  }

  /** What is under way there will never be answered; it should have been by now where its deadline is over. */
  died(node: string): void {
    if (!this.#paused.delete(node)) this.#reportLate(node);
    this.#underWay.delete(node);
  }

  /** To be called when every node runs and nobody waits for an answer any more. */
  finish(): void {
    for (const node of this.#underWay.keys()) this.#reportLate(node);
  }

  #reportLate(node: string): void {
    for (const waiting of this.#underWay.get(node)?.values() ?? []) {
      if (this.#isLate(waiting)) this.#report("a request was never answered", waiting);
    }
  }

  #isLate({ request, dueMs }: Waiting): boolean {
    const lateMs = this.#options.nowMs() - dueMs;
    if (lateMs <= 0) return false;
    const { method, timeoutMs } = request.ask;
    const graceMs = method === "GET" ? 0 : this.#options.bounds.writeGraceMs;
    return lateMs > graceMs + timerSlackMs(timeoutMs);
  }

  #report(anomaly: string, { request, dueMs }: Waiting): void {
    const { ask, state, askedMs } = request;
    this.#violations.report(CHECK, () => ({
      anomaly,
      detail: `Node ${ask.node} had ${ask.timeoutMs} ms for request ${ask.id} (${ask.method}), asked at ${askedMs.toFixed(3)} ms; ${(this.#options.nowMs() - dueMs).toFixed(3)} ms later than it should it was ${anomaly.endsWith("deadline") ? "answered" : "not"}`,
      key: state.name,
    }));
  }
}

interface Waiting {
  readonly request: ClientRequest;
  dueMs: number;
}
