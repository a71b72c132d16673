import type { NodeId } from "../base/ids.ts";
import type { Timer } from "../env/clock.ts";
import type { Reply, Request } from "../protocol/messages.ts";

/**
 * How a call ended.
 * - `reply`: the peer answered (an `error-reply` included).
 * - `not-sent`: nothing of the request left this node: no connection, refused hello; or, and that is the node's own fault and tells
 *   nothing of the peer, its queue is full, the request too large, or it is stopping.
 * - `lost`: it was sent, then the connection closed; the peer may have acted on it.
 * - `timeout`: no answer in time; the peer may have acted on it, or may yet.
 */
export type Outcome =
  | { readonly kind: "reply"; readonly reply: Reply }
  | { readonly kind: "not-sent"; readonly reason: string; readonly isOurFault?: true }
  | { readonly kind: "lost"; readonly reason: string }
  | { readonly kind: "timeout" };

export interface PeerCalls {
  /**
   * Sends a request to a peer and calls back exactly once, unless cancelled first, never before it returns.
   * Cancelling forgets the call; it does not recall the request.
   */
  call(peer: NodeId, request: Request, timeoutMs: number, done: (outcome: Outcome) => void): Timer;
}

/**
 * Serves the requests of peers. `respond` may be called once, later; a closed connection ignores it. `deadlineMs`: by this node's monotonic clock, when the
 * caller gives up what must not be done behind its back; infinite, the default, for what may be done at any time.
 */
export type RequestHandler = (
  from: NodeId,
  request: Request,
  respond: (reply: Reply) => void,
  deadlineMs?: number,
) => void;
