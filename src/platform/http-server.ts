/*
 * Node's HTTP server in front of an HttpHandler. It bounds what a client may send and how slowly, so that the handler only ever
 * sees whole requests within the limits; whatever a client does wrong is answered as a problem or ends its connection (http-front.ts).
 */

import type { Server } from "node:http";
import { createServer } from "node:http";
import { formatAddress, parseAddress } from "../env/address.ts";
import type { Environment } from "../env/environment.ts";
import type { HttpHandler, HttpLimits } from "../http/exchange.ts";
import { HttpFront } from "./http-front.ts";

export interface HttpServerOptions {
  /** `host:port`; port 0 takes any free one. */
  readonly address: string;
  readonly handler: HttpHandler;
  readonly limits: HttpLimits;
  /** Connections open at once; more are closed at once. Default 4,096. */
  readonly connectionsMax?: number;
  /** Idle connections are closed after this long. Default 65,000. */
  readonly keepAliveMs?: number;
}

export interface HttpServer {
  /** `host:port` with the real port. */
  readonly address: string;
  /**
   * Ends every connection with its next answer. Those that stay idle are closed after a moment and no more accepted; after
   * `drainMs` the rest is closed too. A request that met a closed connection would leave its client not knowing what became
   * of it, so whoever closes refuses requests first.
   */
  close(drainMs?: number): Promise<void>;
}

const CONNECTIONS_MAX = 4_096;
const KEEP_ALIVE_MS = 65_000;
const DRAIN_MS = 10_000;
/** Most connections in use bring a request in this time. */
const GRACE_MS = 500;

/** Rejects when it cannot listen. */
export function startHttpServer(
  { log, metrics }: Pick<Environment, "log" | "metrics">,
  options: HttpServerOptions,
): Promise<HttpServer> {
  const { limits } = options;
  const keepAliveMs = options.keepAliveMs ?? KEEP_ALIVE_MS;
  const front = new HttpFront(options.handler, limits, log, {
    requests: metrics.counter("ringside_http_requests_total", "HTTP requests handed on."),
    refused: metrics.counter(
      "ringside_http_refused_total",
      "HTTP requests broken or over a limit.",
    ),
    shed: metrics.counter(
      "ringside_http_shed_total",
      "HTTP requests refused since too many bytes of bodies were held.",
    ),
    stalled: metrics.counter(
      "ringside_http_stalled_total",
      "HTTP answers whose clients did not take them in time.",
    ),
    aborted: metrics.counter("ringside_http_aborted_total", "HTTP bodies that broke off."),
  });
  metrics.gauge(
    "ringside_http_body_bytes",
    "Bytes of HTTP bodies that came and whose requests are under way.",
    {},
    () => front.bytesHeld,
  );
  const server = createServer(
    {
      maxHeaderSize: limits.headerBytesMax,
      requestTimeout: limits.requestTimeoutMs,
      headersTimeout: limits.requestTimeoutMs,
      connectionsCheckingInterval: Math.min(1_000, Math.ceil(limits.requestTimeoutMs / 4)),
      keepAliveTimeout: keepAliveMs,
      keepAlive: true,
      noDelay: true,
      insecureHTTPParser: false,
    },
    (request, response) => front.onRequest(request, response, false),
  );
  server.on("checkContinue", (request, response) => front.onRequest(request, response, true));
  server.on("clientError", (error: NodeJS.ErrnoException, socket) =>
    front.onClientError(error, socket),
  );
  // Headers are bounded in bytes; a bound in number would drop some silently.
  server.maxHeadersCount = 0;
  server.maxConnections = options.connectionsMax ?? CONNECTIONS_MAX;
  return listen(server, front, options.address);
}

function listen(server: Server, front: HttpFront, address: string): Promise<HttpServer> {
  return new Promise((resolve, reject) => {
    const { host, port } = parseAddress(address);
    server.once("error", (cause) =>
      reject(new Error(`Cannot listen on ${address}: ${cause.message}`, { cause })),
    );
    server.listen({ host, port, exclusive: true }, () => {
      // One accept that fails (out of file handles) must not take the node down.
      server.removeAllListeners("error").on("error", () => {});
      const bound = server.address();
      if (bound === null || typeof bound === "string") {
        reject(new Error(`Cannot listen on ${address}: it has no port`));
        return;
      }
      resolve({
        address: formatAddress({ host: bound.address, port: bound.port }),
        close: (drainMs = DRAIN_MS) => drain(server, front, drainMs),
      });
    });
  });
}

function drain(server: Server, front: HttpFront, drainMs: number): Promise<void> {
  return new Promise((resolve) => {
    front.closing = true;
    const deadline = setTimeout(() => server.closeAllConnections(), drainMs);
    setTimeout(
      () => {
        // Also closes the connections that are idle; those with a request close after its answer.
        server.close(() => {
          clearTimeout(deadline);
          resolve();
        });
      },
      Math.min(GRACE_MS, drainMs),
    );
  });
}
