import { fromBase64url } from "../base/bytes.ts";
import { CONTEXT_SIZE_BYTES_MAX } from "../causality/context-token.ts";
import type { KeyValueStore } from "../node/contract.ts";
import { DynamoError } from "../protocol/errors.ts";
import { CONTENT_TYPE_CHARS_MAX, encodePayload, TOMBSTONE_PAYLOAD } from "../protocol/payload.ts";
import type { HttpRequest, HttpResponse } from "./exchange.ts";
import { oneOf, onlyParameters, wholeNumber } from "./parameters.ts";
import { CONTEXT_HEADER, siblingsResponse } from "./siblings-response.ts";

export interface ClientApiOptions {
  readonly n: number;
  readonly r: number;
  readonly w: number;
  readonly quorum: "sloppy" | "strict";
  readonly timeoutMs: number;
  readonly valueBytesMax: number;
}

const QUORUMS = ["sloppy", "strict"] as const;
const DEFAULT_CONTENT_TYPE = "application/octet-stream";
/** Longest context token in base64url; a header line must hold it. */
const CONTEXT_LENGTH_MAX = Math.ceil((CONTEXT_SIZE_BYTES_MAX * 4) / 3);
const TIMEOUT_MS_MAX = 60_000;
const EMPTY = new Uint8Array(0);

/** GET, PUT and DELETE of one key (paper 4.1; D-4.1-1 to D-4.1-9). */
export class ClientApi {
  readonly #store: KeyValueStore;
  readonly #options: ClientApiOptions;

  constructor(store: KeyValueStore, options: ClientApiOptions) {
    this.#store = store;
    this.#options = options;
  }

  /** Throws DynamoError on a method that there is not, and rejects with it. */
  handle(key: Uint8Array, request: HttpRequest): Promise<HttpResponse> {
    switch (request.method) {
      case "GET":
      case "HEAD":
        return this.#get(key, request);
      case "PUT":
        return this.#put(key, request);
      case "DELETE":
        return this.#delete(key, request);
      default:
        throw new DynamoError(
          "method-not-allowed",
          `Cannot ${request.method} a key: use GET, PUT or DELETE`,
        );
    }
  }

  async #get(key: Uint8Array, request: HttpRequest): Promise<HttpResponse> {
    const { query, headers } = request;
    onlyParameters(query, ["r", "quorum", "timeoutMs"]);
    const r = wholeNumber(query, "r", { min: 1, max: this.#options.n }, this.#options.r);
    const quorum = oneOf(query, "quorum", QUORUMS, this.#options.quorum);
    const answer = await this.#store.get({ key, r, quorum, timeoutMs: this.#timeoutMs(request) });
    return siblingsResponse(answer, headers["accept"]);
  }

  async #put(key: Uint8Array, request: HttpRequest): Promise<HttpResponse> {
    const { query, headers, body } = request;
    onlyParameters(query, ["w", "timeoutMs", "return"]);
    if (body.length > this.#options.valueBytesMax) {
      throw new DynamoError(
        "value-too-large",
        `Cannot store ${body.length} bytes: a value has at most ${this.#options.valueBytesMax}`,
      );
    }
    const returned = query?.get("return") ?? null;
    if (returned !== null && returned !== "siblings") {
      throw new DynamoError("bad-parameter", 'Cannot use this "return": known is siblings');
    }
    const contentType = checkedContentType(headers["content-type"]);
    const answer = await this.#store.put({
      key,
      context: contextOf(request),
      payload: encodePayload({ contentType, tombstone: false, bytes: body }),
      w: this.#w(request),
      timeoutMs: this.#timeoutMs(request),
      answer: returned === "siblings",
    });
    // A context for values the client has not seen would let it overwrite them, so there is none without them.
    return answer === undefined ? NO_CONTENT : siblingsResponse(answer, headers["accept"]);
  }

  async #delete(key: Uint8Array, request: HttpRequest): Promise<HttpResponse> {
    onlyParameters(request.query, ["w", "timeoutMs"]);
    const context = contextOf(request);
    if (context.length === 0) {
      throw new DynamoError(
        "context-required",
        `Cannot delete without the ${CONTEXT_HEADER} of a read: it says which versions are meant`,
      );
    }
    const payload = encodePayload(TOMBSTONE_PAYLOAD);
    const w = this.#w(request);
    const timeoutMs = this.#timeoutMs(request);
    await this.#store.put({ key, context, payload, w, timeoutMs, answer: false });
    return NO_CONTENT;
  }

  #w(request: HttpRequest): number {
    return wholeNumber(request.query, "w", { min: 1, max: this.#options.n }, this.#options.w);
  }

  #timeoutMs(request: HttpRequest): number {
    const range = { min: 1, max: TIMEOUT_MS_MAX };
    return wholeNumber(request.query, "timeoutMs", range, this.#options.timeoutMs);
  }
}

const NO_CONTENT: HttpResponse = { status: 204, headers: {}, body: EMPTY };

function contextOf(request: HttpRequest): Uint8Array {
  const text = request.headers[CONTEXT_HEADER];
  if (text === undefined || text === "") return EMPTY;
  const bytes = text.length > CONTEXT_LENGTH_MAX ? undefined : fromBase64url(text);
  if (bytes === undefined) {
    throw new DynamoError("bad-context", "Cannot read the context: it is not one a read returned");
  }
  return bytes;
}

/** The type is handed back in a header later, so it must be one. */
function checkedContentType(contentType: string | undefined): string {
  if (contentType === undefined) return DEFAULT_CONTENT_TYPE;
  if (contentType.length > CONTENT_TYPE_CHARS_MAX || !/^[\x20-\x7e]+$/.test(contentType)) {
    throw new DynamoError(
      "bad-parameter",
      `Cannot keep this Content-Type: it must be 1 to ${CONTENT_TYPE_CHARS_MAX} printable ASCII characters`,
    );
  }
  return contentType;
}
