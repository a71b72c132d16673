import type { Environment } from "../env/environment.ts";
import type { NodeConfiguration } from "../node/configuration.ts";
import type { KeyValueStore, NodeOperator } from "../node/contract.ts";
import type { RingStamp } from "../ring/ring.ts";
import { ClientApi } from "./client-api.ts";
import type { HttpHandler } from "./exchange.ts";
import { createRouter } from "./router.ts";

/** The node behind the HTTP API. Implemented by `node/node.ts`. */
export interface ServedNode extends KeyValueStore {
  readonly configuration: NodeConfiguration;
  readonly operator: NodeOperator;
  /** Why it is not to be sent clients; undefined: it serves them. */
  readonly unreadyReason: string | undefined;
  /** Why nothing but a restart helps it; undefined: it lives. */
  readonly deadReason: string | undefined;
  /** The ring as of now. */
  ring(): { readonly stamp: RingStamp };
}

/** The whole HTTP API of one node. `metricsText` gives what `/metrics` answers. */
export function nodeHandler(
  environment: Pick<Environment, "log">,
  node: ServedNode,
  metricsText: () => Promise<string>,
): HttpHandler {
  const {
    n,
    r,
    w,
    quorum,
    notFound,
    requestTimeoutMs: timeoutMs,
    valueBytesMax,
  } = node.configuration;
  return createRouter({
    clientApi: new ClientApi(node, { n, r, w, quorum, notFound, timeoutMs, valueBytesMax }),
    operator: node.operator,
    log: environment.log,
    ringStamp: () => node.ring().stamp,
    unreadyReason: () => node.unreadyReason,
    deadReason: () => node.deadReason,
    metricsText,
  });
}
