import type { NodeId } from "../base/ids.ts";
import type { Timer } from "../env/clock.ts";
import type { Environment } from "../env/environment.ts";
import type { HelloIdentity } from "../protocol/hello.ts";
import type { Hello, Request } from "../protocol/messages.ts";
import type { Outcome, PeerCalls } from "./contract.ts";
import { DeadlineWheel } from "./deadline-wheel.ts";
import { PeerLink } from "./peer-link.ts";
import type { SessionShared } from "./peer-session.ts";
import { RejectionLog } from "./rejection-log.ts";
import type { RpcLimits } from "./rpc-limits.ts";
import { RPC_LIMITS } from "./rpc-limits.ts";

export interface RpcClientParts {
  readonly identity: HelloIdentity;
  /** `host:port` to dial for a peer, asked at every dial; undefined where there is none. */
  readonly addressOf: (peer: NodeId) => string | undefined;
  /** Told each peer's hello once it was accepted. */
  readonly onHello?: (hello: Hello) => void;
  /** Told of each piece of an answer that comes from a peer, whatever it answers, and however long the rest takes. */
  readonly onBytes?: (peer: NodeId) => void;
}

/**
 * Calls to peers over one connection each, opened when first needed and kept, with any number of calls in flight. What a peer's
 * connection does is in peer-link.ts and peer-session.ts.
 */
export class RpcClient implements PeerCalls {
  readonly #shared: SessionShared;
  readonly #links = new Map<NodeId, PeerLink>();
  #closed = false;

  constructor(env: Environment, parts: RpcClientParts, limits: Partial<RpcLimits> = {}) {
    const { metrics } = env;
    const callsHelp = "Calls to peers that ended without a reply.";
    this.#shared = {
      env,
      identity: parts.identity,
      addressOf: parts.addressOf,
      onHello: parts.onHello ?? (() => {}),
      onBytes: parts.onBytes ?? (() => {}),
      limits: { ...RPC_LIMITS, ...limits },
      wheel: new DeadlineWheel(env.clock),
      rejections: new RejectionLog(env.clock, env.log),
      metrics: {
        dials: metrics.counter("ringside_rpc_dials_total", "Connections to peers begun."),
        framesSent: metrics.counter("ringside_rpc_frames_total", "RPC frames.", SENT),
        framesReceived: metrics.counter("ringside_rpc_frames_total", "RPC frames.", RECEIVED),
        bytesSent: metrics.counter("ringside_rpc_bytes_total", "RPC bytes.", SENT),
        bytesReceived: metrics.counter("ringside_rpc_bytes_total", "RPC bytes.", RECEIVED),
        timeouts: metrics.counter("ringside_rpc_unanswered_total", callsHelp, { how: "timeout" }),
        notSent: metrics.counter("ringside_rpc_unanswered_total", callsHelp, { how: "not-sent" }),
        lost: metrics.counter("ringside_rpc_unanswered_total", callsHelp, { how: "lost" }),
        rejected: metrics.counter(
          "ringside_rpc_hellos_rejected_total",
          "Connections refused in the hello exchange.",
          { side: "client" },
        ),
      },
    };
    metrics.gauge("ringside_rpc_calls_in_flight", "Calls queued or unanswered.", {}, () =>
      this.#sum((link) => link.callCount),
    );
    metrics.gauge("ringside_rpc_queue_bytes", "Bytes waiting to be sent to peers.", {}, () =>
      this.#sum((link) => link.queuedBytes),
    );
  }

  call(peer: NodeId, request: Request, timeoutMs: number, done: (outcome: Outcome) => void): Timer {
    let link = this.#links.get(peer);
    if (link === undefined) {
      link = new PeerLink(this.#shared, peer);
      this.#links.set(peer, link);
    }
    return link.call(request, timeoutMs, done, this.#closed);
  }

  /**
   * Closes the connection to one peer, or to all, so that the next call dials anew, by the route of then. Calls under way end
   * as `lost` or `not-sent`.
   */
  redial(peer?: NodeId): void {
    if (peer !== undefined) this.#links.get(peer)?.redial();
    else for (const link of this.#links.values()) link.redial();
  }

  /** Closes every connection; later calls are `not-sent`. */
  close(): void {
    this.#closed = true;
    this.redial();
  }

  #sum(of: (link: PeerLink) => number): number {
    let sum = 0;
    for (const link of this.#links.values()) sum += of(link);
    return sum;
  }
}

const SENT = { side: "client", direction: "sent" };
const RECEIVED = { side: "client", direction: "received" };
