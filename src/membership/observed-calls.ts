import type { NodeId } from "../base/ids.ts";
import type { Timer } from "../env/clock.ts";
import type { Request } from "../protocol/messages.ts";
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
      if (isFarewell(outcome)) this.#detector.leaves(peer);
      else if (outcome.kind === "reply") this.#detector.answered(peer);
      else this.#detector.missed(peer);
      done(outcome);
    });
  }
}

/** What is sent to a peer after it said so would meet a closed connection, and nobody would know what became of it. */
function isFarewell(outcome: Outcome): boolean {
  if (outcome.kind !== "reply") return false;
  const { reply } = outcome;
  return reply.type === "error-reply" && reply.code === "stopping";
}
