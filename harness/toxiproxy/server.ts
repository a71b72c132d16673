import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import { formatAddress } from "./address.ts";
import type { ApiRequest, ApiResponse } from "./api.ts";
import { createApi } from "./api.ts";
import { Metrics } from "./metrics.ts";
import { ProxyCollection } from "./proxy-collection.ts";

export interface ToxiproxyServerOptions {
  /** Where the API listens, and where proxies do that name no host. */
  readonly host: string;
  /** The API's port; 0 takes a free one. */
  readonly port: number;
  /**
   * A number from 0 up to 1, for toxicity, jitter and the sizes of slices. `Math.random` unless
   * given.
   */
  readonly random?: () => number;
  /** Whether to serve `/metrics`. True unless given. */
  readonly metrics?: boolean;
}

export interface ToxiproxyServer {
  /** Such as `http://127.0.0.1:8474`. */
  readonly url: string;
  /** Closes every proxy, every connection and the API. */
  stop(): Promise<void>;
}

/** The largest body of a request, in bytes: room for some 50,000 proxies in one /populate. */
const BODY_SIZE_BYTES_MAX = 8 * 1024 * 1024;

/**
 * Starts a Toxiproxy in this process.
 *
 * @throws the error of `listen`, such as EADDRINUSE, where the API's address cannot be had.
 */
export async function startToxiproxyServer(
  options: ToxiproxyServerOptions,
): Promise<ToxiproxyServer> {
  const { host, port, random = Math.random } = options;
  const metrics = new Metrics();
  const proxies = new ProxyCollection({ metrics, random, defaultHost: host });
  const served = options.metrics === false ? {} : { metrics };
  const api = createApi({ proxies, ...served });
  const server = createServer((request, response) => {
    void answer(api, request, response);
  });
  server.listen(port, host);
  await once(server, "listening");
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("a TCP server has an address");
  return {
    url: `http://${formatAddress({ host: bound.address, port: bound.port })}`,
    stop: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await Promise.all([closed, proxies.clear()]);
    },
  };
}

async function answer(
  api: (request: ApiRequest) => Promise<ApiResponse>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await readBody(request);
  if (body === undefined) {
    response.writeHead(413, { connection: "close" }).end();
    return;
  }
  const {
    status,
    contentType,
    body: text,
  } = await api({
    method: request.method ?? "",
    path: (request.url ?? "").replace(/\?.*$/s, ""),
    userAgent: request.headers["user-agent"] ?? "",
    body,
  });
  if (contentType !== undefined) response.setHeader("content-type", contentType);
  response.writeHead(status).end(text);
}

/** Undefined where the body is too large, or broke off, in which case nobody is left to answer. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const parts: Buffer[] = [];
  let sizeBytes = 0;
  try {
    for await (const part of request as AsyncIterable<Buffer>) {
      sizeBytes += part.length;
      if (sizeBytes > BODY_SIZE_BYTES_MAX) return undefined;
      parts.push(part);
    }
  } catch (error) {
    if (request.destroyed) return undefined;
    throw error;
  }
  return Buffer.concat(parts).toString("utf8");
}
