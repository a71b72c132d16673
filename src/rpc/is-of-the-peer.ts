import type { ErrorCode } from "../protocol/errors.ts";
import type { Outcome } from "./contract.ts";

/**
 * True where a call failed for reasons of the peer or the network, so that other requests would fare the same; false where the
 * peer answered, if only that it cannot do what this request asks.
 */
export function isOfThePeer(outcome: Outcome): boolean {
  if (outcome.kind !== "reply") return true;
  return outcome.reply.type === "error-reply" && OF_THE_PEER.has(outcome.reply.code);
}

const OF_THE_PEER: ReadonlySet<ErrorCode> = new Set(["overloaded", "stopping", "stale-ring"]);
