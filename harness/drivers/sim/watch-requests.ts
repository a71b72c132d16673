import { fromBase64url } from "../../../src/base/bytes.ts";
import type { HttpHandler, HttpRequest, HttpResponse } from "../../../src/http/exchange.ts";
import type { NodeConfiguration } from "../../../src/node/configuration.ts";
import { OPERATION_HEADER, SESSION_HEADER } from "../../../src/protocol/headers.ts";
import { encodePayload, TOMBSTONE_PAYLOAD } from "../../../src/protocol/payload.ts";
import type { ClientAsk, WorldObserver } from "./observer.ts";

const UNTYPED = "application/octet-stream";

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
  { method, headers, query, body }: HttpRequest,
): ClientAsk {
  const asked = (name: string, byDefault: number) => Number(query.get(name) ?? byDefault);
  const isWrite = method === "PUT" || method === "DELETE";
  const ignoresNotFound = !isWrite && (query.get("notfound") ?? notFound) === "ignore";
  // All of one shape: every check looks into it.
  return {
    id,
    node,
    method: isWrite ? method : "GET",
    key,
    context: headers["x-dynamo-context"] ?? "",
    payload: isWrite ? payloadOf(method, headers["content-type"], body) : undefined,
    quorum: isWrite ? asked("w", w) : asked("r", r),
    strict: (query.get("quorum") ?? quorum) === "strict",
    operation: isWrite ? headers[OPERATION_HEADER] : undefined,
    session: isWrite ? undefined : headers[SESSION_HEADER],
    ignoresNotFound,
    timeoutMs: asked("timeoutMs", requestTimeoutMs),
  };
}

function payloadOf(
  method: "PUT" | "DELETE",
  contentType: string | undefined,
  bytes: Uint8Array,
): Uint8Array {
  if (method === "DELETE") return encodePayload(TOMBSTONE_PAYLOAD);
  return encodePayload({ contentType: contentType ?? UNTYPED, tombstone: false, bytes });
}
