import type { NodeId } from "../base/ids.ts";
import type { Timer } from "../env/clock.ts";
import type { Reply, Request } from "../protocol/messages.ts";
import type { Outcome, PeerCalls } from "../rpc/contract.ts";
import type { Detector } from "./failure-detector.ts";

/** Calls whose outcomes the failure detector hears of, so that every request is a probe. */
export class ObservedCalls implements PeerCalls {
  readonly #calls: PeerCalls;
  readonly #detector: Detector;

  constructor(calls: PeerCalls, detector: Detector) {
    this.#calls = calls;
    this.#detector = detector;
  }

  call(peer: NodeId, request: Request, timeoutMs: number, done: (outcome: Outcome) => void): Timer {
    return this.#calls.call(peer, request, timeoutMs, (outcome) => {
      this.#tell(peer, outcome, timeoutMs);
      done(outcome);
    });
  }

  #tell(peer: NodeId, outcome: Outcome, timeoutMs: number): void {
    switch (outcome.kind) {
      case "reply":
        if (isFarewell(outcome.reply)) this.#detector.leaves(peer);
        else this.#detector.answered(peer, outcome.reply.type === "ping-reply");
        break;
      case "timeout":
        this.#detector.overdue(peer, timeoutMs);
        break;
      case "lost":
        this.#detector.missed(peer);
        break;
      case "not-sent":
        if (outcome.isOurFault !== true) this.#detector.missed(peer);
    }
  }
}

/** What is sent to a peer after it said so would meet a closed connection, and nobody would know what became of it. */
function isFarewell(reply: Reply): boolean {
  return reply.type === "error-reply" && reply.code === "stopping";
}
