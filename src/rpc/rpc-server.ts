import type { NodeId } from "../base/ids.ts";
import type { Environment } from "../env/environment.ts";
import type { Listener } from "../env/transport.ts";
import type { HelloIdentity } from "../protocol/hello.ts";
import type { Hello } from "../protocol/messages.ts";
import type { RequestHandler } from "./contract.ts";
import type { IncomingShared } from "./incoming-connection.ts";
import { IncomingConnection } from "./incoming-connection.ts";
import { RejectionLog } from "./rejection-log.ts";
import type { RpcLimits } from "./rpc-limits.ts";
import { RPC_LIMITS } from "./rpc-limits.ts";

export interface RpcServerParts {
  readonly identity: HelloIdentity;
  readonly handler: RequestHandler;
  /** Told each peer's hello once it was accepted. */
  readonly onHello?: (hello: Hello) => void;
}

/** Serves the requests of peers; what one connection does is in incoming-connection.ts. */
export class RpcServer {
  readonly #env: Environment;
  readonly #shared: IncomingShared;
  /** Every connection, the oldest first. */
  readonly #connections = new Set<IncomingConnection>();
  #listener: Listener | undefined;

  constructor(env: Environment, parts: RpcServerParts, limits: Partial<RpcLimits> = {}) {
    const { metrics } = env;
    this.#env = env;
    this.#shared = {
      env,
      identity: parts.identity,
      handler: parts.handler,
      onHello: parts.onHello ?? (() => {}),
      onGreeted: (from) => this.#closeLeftovers(from),
      limits: { ...RPC_LIMITS, ...limits },
      rejections: new RejectionLog(env.clock, env.log),
      metrics: {
        framesSent: metrics.counter("ringside_rpc_frames_total", "RPC frames.", SENT),
        framesReceived: metrics.counter("ringside_rpc_frames_total", "RPC frames.", RECEIVED),
        bytesSent: metrics.counter("ringside_rpc_bytes_total", "RPC bytes.", SENT),
        bytesReceived: metrics.counter("ringside_rpc_bytes_total", "RPC bytes.", RECEIVED),
        overloaded: metrics.counter(
          "ringside_rpc_overloaded_total",
          "Requests answered overloaded because the connection had too many under way.",
        ),
        late: metrics.counter(
          "ringside_rpc_late_total",
          "Requests that came after their callers had given them up, and were not carried out.",
        ),
        badFrames: metrics.counter(
          "ringside_rpc_bad_frames_total",
          "Connections of peers closed because of a frame that cannot be read.",
        ),
        rejected: metrics.counter(
          "ringside_rpc_hellos_rejected_total",
          "Connections refused in the hello exchange.",
          { side: "server" },
        ),
      },
    };
    metrics.gauge("ringside_rpc_served_in_flight", "Requests of peers being served.", {}, () => {
      let sum = 0;
      for (const connection of this.#connections) sum += connection.servedCount;
      return sum;
    });
  }

  /** Gives the address with the real port. Rejects when it cannot listen. */
  async listen(address: string): Promise<string> {
    this.#listener = await this.#env.transport.listen(address, (connection) => {
      const incoming = new IncomingConnection(this.#shared, connection, () =>
        this.#connections.delete(incoming),
      );
      this.#connections.add(incoming);
      return incoming;
    });
    return this.#listener.address;
  }

  /** Stops listening and closes every connection, once what was answered has gone out. */
  async close(): Promise<void> {
    for (const connection of [...this.#connections]) connection.close();
    await this.#listener?.close();
  }

  #closeLeftovers(from: NodeId): void {
    const ofPeer = [...this.#connections].filter((connection) => connection.from === from);
    const surplus = ofPeer.length - this.#shared.limits.connectionsPerPeerMax;
    for (const leftover of ofPeer.slice(0, Math.max(0, surplus))) leftover.close();
  }
}

const SENT = { side: "server", direction: "sent" };
const RECEIVED = { side: "server", direction: "received" };
