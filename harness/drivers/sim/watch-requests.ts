import { fromBase64url } from "../../../src/base/bytes.ts";
import type { HttpHandler, HttpRequest, HttpResponse } from "../../../src/http/exchange.ts";
import type { NodeConfiguration } from "../../../src/node/configuration.ts";
import { OPERATION_HEADER, SESSION_HEADER } from "../../../src/protocol/headers.ts";
import { encodePayload, TOMBSTONE_PAYLOAD } from "../../../src/protocol/payload.ts";
import type { ClientAsk, WorldObserver } from "./observer.ts";

/** Tells the observer what clients ask nodes and what nodes answer. */
export class RequestWatch {
  readonly #observer: WorldObserver;
  /** Keys by path: there are few, and every request names one. */
  readonly #keys = new Map<string, Uint8Array>();
  #askCount = 0;

  constructor(observer: WorldObserver) {
    this.#observer = observer;
  }

  /** Lets the handler answer, and tells before and after. Clients of the harness name keys in their base64url form only. */
  watch(
    configuration: NodeConfiguration,
    request: HttpRequest,
    handler: HttpHandler,
  ): Promise<HttpResponse> {
    const key = this.#keyOf(request.path);
    if (key === undefined) return handler(request);
    const id = this.#askCount++;
    this.#observer.clientAsked(askOf(id, key, configuration, request));
    return handler(request).then((response) => {
      this.#observer.clientAnswered(id, response);
      return response;
    });
  }

  #keyOf(path: string): Uint8Array | undefined {
    const known = this.#keys.get(path);
    if (known !== undefined || !path.startsWith("/kv64/")) return known;
    const key = fromBase64url(path.slice("/kv64/".length));
    if (key !== undefined) this.#keys.set(path, key);
    return key;
  }
}

function askOf(
  id: number,
  key: Uint8Array,
  { nodeId: node, r, w, quorum, notFound, requestTimeoutMs }: NodeConfiguration,
  request: HttpRequest,
): ClientAsk {
  const { method, headers, query } = request;
  const asked = (name: string, byDefault: number) => Number(query.get(name) ?? byDefault);
  const payload = writtenBy(request);
  const isRead = payload === undefined;
  // All asks have the same fields in the same order: who reads them is faster for it, and nothing is copied.
  return {
    id,
    node,
    key,
    method: isRead ? "GET" : (method as "PUT" | "DELETE"),
    context: headers["x-dynamo-context"] ?? "",
    payload,
    quorum: isRead ? asked("r", r) : asked("w", w),
    strict: (query.get("quorum") ?? quorum) === "strict",
    timeoutMs: asked("timeoutMs", requestTimeoutMs),
    operation: isRead ? undefined : headers[OPERATION_HEADER],
    session: isRead ? headers[SESSION_HEADER] : undefined,
    ignoresNotFound: isRead && (query.get("notfound") ?? notFound) === "ignore",
  };
}

/** `encodePayload` of what the request writes; undefined where it reads. */
function writtenBy({ method, headers, body }: HttpRequest): Uint8Array | undefined {
  switch (method) {
    case "PUT": {
      const contentType = headers["content-type"] ?? "application/octet-stream";
      return encodePayload({ contentType, tombstone: false, bytes: body });
    }
    case "DELETE":
      return encodePayload(TOMBSTONE_PAYLOAD);
    default:
      return undefined;
  }
}
