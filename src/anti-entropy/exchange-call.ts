import type { NodeId } from "../base/ids.ts";
import { DynamoError } from "../protocol/errors.ts";
import type { Reply, Request } from "../protocol/messages.ts";
import type { Outcome, PeerCalls } from "../rpc/contract.ts";
import { isOfThePeer } from "../rpc/is-of-the-peer.ts";
import { wasShed as isShed } from "../rpc/was-shed.ts";
import { StorageError } from "../storage/engine.ts";

/** Resolves with the peer's answer, which may refuse just this request; rejects with ExchangeError where there is none, or the peer refuses any. */
export function call(
  calls: PeerCalls,
  { peer, callTimeoutMs }: { readonly peer: NodeId; readonly callTimeoutMs: number },
  request: Request,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    calls.call(peer, request, callTimeoutMs, (outcome) => {
      if (outcome.kind === "reply" && !isOfThePeer(outcome)) resolve(outcome.reply);
      else reject(new ExchangeError(peer, outcome));
    });
  });
}

/** The peer does not answer, or not as it should. */
export class ExchangeError extends Error {
  override readonly name = "ExchangeError";
  /** True where it would have answered no other request either, but for some of those sent at once where it had no place for all. */
  readonly isOfThePeer: boolean;
  /** True where it had no place for the request now; of those sent at once it may have taken others. */
  readonly wasShed: boolean;

  constructor(peer: NodeId, outcome: Outcome) {
    super(`Cannot exchange with ${peer}: ${reasonOf(outcome)}`);
    this.isOfThePeer = isOfThePeer(outcome);
    this.wasShed = isShed(outcome);
  }
}

export function wasShed(error: unknown): boolean {
  return error instanceof ExchangeError && error.wasShed;
}

export function unexpected(peer: NodeId, reply: Reply): ExchangeError {
  return new ExchangeError(peer, { kind: "reply", reply });
}

function reasonOf(outcome: Outcome): string {
  if (outcome.kind !== "reply") return outcome.kind;
  const { reply } = outcome;
  return reply.type === "error-reply" ? reply.message : `it answered ${reply.type}`;
}

/** Of the peer, the network or a disk, and not of this program. */
export function isOperating(error: unknown): boolean {
  return (
    error instanceof ExchangeError || error instanceof StorageError || error instanceof DynamoError
  );
}
