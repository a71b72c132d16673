import type { ClientRequest, IncomingMessage } from "node:http";
import { Agent, request as openRequest } from "node:http";
import type { HttpCall, HttpCaller, HttpCallResult } from "../client/http-caller.ts";
import { HttpCallError } from "../client/http-caller.ts";
import { BodyPieces } from "./body-pieces.ts";

export interface HttpClientOptions {
  /** Connections to one node at most; calls beyond wait, and their time runs. Default 256. */
  readonly connectionsMax?: number;
  /** Largest response body read. Default 96 MiB: base64 of the largest record that a node may keep, and its frame. */
  readonly responseBytesMax?: number;
  /** An idle connection is closed after this long; keep it under the server's own. Default 4,000. */
  readonly idleMs?: number;
}

const CONNECTIONS_MAX = 256;
const RESPONSE_BYTES_MAX = 96 * 1_024 * 1_024;
const IDLE_MS = 4_000;
/** A context of the largest size and other headers beside it. */
const HEADER_BYTES_MAX = 32_768;
/** Why a request was destroyed by us, where it was. */
type Refusal = "timeout" | "too large";

/** Calls over kept-alive connections. `close` ends them; calls under way then fail. */
export function createHttpCaller(options: HttpClientOptions = {}): HttpCaller & { close(): void } {
  const agent = new Agent({
    keepAlive: true,
    maxSockets: options.connectionsMax ?? CONNECTIONS_MAX,
    maxFreeSockets: options.connectionsMax ?? CONNECTIONS_MAX,
    timeout: options.idleMs ?? IDLE_MS,
    scheduling: "lifo",
  });
  const responseBytesMax = options.responseBytesMax ?? RESPONSE_BYTES_MAX;
  return {
    call: (call) =>
      new Promise((resolve, reject) => {
        begin(call, { agent, responseBytesMax, resolve, reject });
      }),
    close: () => agent.destroy(),
  };
}

interface Context {
  readonly agent: Agent;
  readonly responseBytesMax: number;
  readonly resolve: (result: HttpCallResult) => void;
  readonly reject: (error: HttpCallError) => void;
}

function begin(call: HttpCall, { agent, responseBytesMax, resolve, reject }: Context): void {
  let sent = false;
  let refusal: Refusal | undefined;
  const fail = (cause: unknown): void => {
    clearTimeout(timer);
    const isTooLarge = refusal === "too large";
    reject(new HttpCallError(sent, describe(call, sent, refusal, cause), { cause, isTooLarge }));
  };
  let outgoing: ClientRequest;
  const timer = setTimeout(() => {
    refusal = "timeout";
    outgoing.destroy(new Error("timeout"));
  }, call.timeoutMs);
  try {
    outgoing = openRequest(call.url, {
      method: call.method,
      headers: headersOf(call),
      agent,
      maxHeaderSize: HEADER_BYTES_MAX,
    });
  } catch (error) {
    // A malformed URL or header.
    fail(error);
    return;
  }
  outgoing.on("socket", (socket) => {
    // The head is written as soon as the socket is connected; from then on the node may have it.
    if (!socket.connecting) sent = true;
    else {
      socket.once("connect", () => {
        sent = true;
      });
    }
  });
  outgoing.on("error", fail);
  outgoing.on("response", (incoming) => {
    collect(incoming, responseBytesMax, {
      onTooLarge: () => {
        refusal = "too large";
        const reason = new Error(`the response is over ${responseBytesMax} bytes`);
        // The rest may have arrived already, and the response end well.
        fail(reason);
        outgoing.destroy(reason);
      },
      onFailed: fail,
      onBody: (body) => {
        clearTimeout(timer);
        resolve({ status: incoming.statusCode ?? 0, headers: flatten(incoming), body });
      },
    });
  });
  outgoing.end(call.body);
}

function headersOf({ headers, body, method }: HttpCall): Record<string, string | number> {
  if (body !== undefined) return { ...headers, "content-length": body.byteLength };
  const bodyExpected = method === "PUT" || method === "POST";
  return bodyExpected ? { ...headers, "content-length": 0 } : { ...headers };
}

interface Collector {
  onTooLarge(): void;
  onFailed(cause: unknown): void;
  onBody(body: Uint8Array): void;
}

function collect(incoming: IncomingMessage, bytesMax: number, collector: Collector): void {
  const pieces = new BodyPieces();
  let sizeBytes = 0;
  incoming.on("data", (chunk: Buffer) => {
    sizeBytes += chunk.length;
    if (sizeBytes > bytesMax) collector.onTooLarge();
    else pieces.add(chunk);
  });
  incoming.on("error", (error) => collector.onFailed(error));
  incoming.on("end", () => collector.onBody(pieces.whole()));
}

function flatten(incoming: IncomingMessage): Record<string, string> {
  const flat: Record<string, string> = {};
  const { rawHeaders } = incoming;
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? "").toLowerCase();
    const value = rawHeaders[index + 1] ?? "";
    const earlier = flat[name];
    flat[name] = earlier === undefined ? value : `${earlier}, ${value}`;
  }
  return flat;
}

function describe(
  call: HttpCall,
  sent: boolean,
  refusal: Refusal | undefined,
  cause: unknown,
): string {
  const what = `Cannot ${call.method} ${call.url}`;
  if (refusal === "timeout") {
    return `${what}: ${sent ? "no response" : "no connection"} within ${call.timeoutMs} ms`;
  }
  return `${what}: ${cause instanceof Error ? cause.message || cause.name : String(cause)}`;
}
