import type { Timer } from "../env/clock.ts";
import type { Request } from "../protocol/messages.ts";
import type { Outcome } from "./contract.ts";
import { Deadline } from "./deadline-wheel.ts";

/** Who holds a call until it has its outcome. */
export interface CallHolder {
  /** Its time ran out. */
  onTimeout(call: PendingCall): void;
  /** It was cancelled: forget it, nobody waits any more. */
  onCancel(call: PendingCall): void;
  /** It has its outcome: its deadline is of no more use. */
  onSettled(call: PendingCall): void;
}

/** One call, from `call` to its outcome. */
export class PendingCall extends Deadline implements Timer {
  readonly request: Request;
  /** After it nobody waits any more, by this node's monotonic clock. */
  readonly dueMs: number;
  /** When it was written, by this node's monotonic clock. */
  sentMs = 0;
  /** Its number in its connection, from 1 on; 0 until it was written. */
  sequence = 0;
  holder: CallHolder | undefined;
  #done: ((outcome: Outcome) => void) | undefined;

  constructor(request: Request, dueMs: number, done: (outcome: Outcome) => void) {
    super();
    this.request = request;
    this.dueMs = dueMs;
    this.#done = done;
  }

  cancel(): void {
    if (this.#done === undefined) return;
    this.#done = undefined;
    this.holder?.onCancel(this);
    this.holder = undefined;
  }

  override onDeadline(): void {
    this.holder?.onTimeout(this);
  }

  /** False where it has its outcome already, or was cancelled. */
  settle(outcome: Outcome): boolean {
    const done = this.#done;
    if (done === undefined) return false;
    this.#done = undefined;
    this.holder?.onSettled(this);
    this.holder = undefined;
    done(outcome);
    return true;
  }
}
