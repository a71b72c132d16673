import { fromBase64url } from "../base/bytes.ts";
import type { TokenKind } from "../causality/context-token.ts";
import { CONTEXT_SIZE_BYTES_MAX } from "../causality/context-token.ts";
import type { GetOrder, KeyValueStore } from "../node/contract.ts";
import { DynamoError } from "../protocol/errors.ts";
import {
  CLOCK_TOO_LONG,
  CONTEXT_HEADER,
  CONTEXT_MISSING_HEADER,
  OPERATION_HEADER,
  SESSION_HEADER,
} from "../protocol/headers.ts";
import { operationOf } from "../protocol/operations.ts";
import type { Payload } from "../protocol/payload.ts";
import { CONTENT_TYPE_CHARS_MAX, encodePayload, TOMBSTONE_PAYLOAD } from "../protocol/payload.ts";
import type { NotFound } from "../quorum/get-core.ts";
import { NOT_FOUND_CHOICES } from "../quorum/get-core.ts";
import type { HttpRequest, HttpResponse } from "./exchange.ts";
import { oneOf, onlyParameters, wholeNumber } from "./parameters.ts";
import { expectPlainWrite } from "./plain-write.ts";
import { siblingsResponse } from "./siblings-response.ts";

export interface ClientApiOptions {
  readonly n: number;
  readonly r: number;
  readonly w: number;
  readonly quorum: "sloppy" | "strict";
  readonly notFound: NotFound;
  readonly timeoutMs: number;
  readonly valueBytesMax: number;
}

const QUORUMS = ["sloppy", "strict"] as const;
const RETURNS = ["nothing", "siblings", "session"] as const;
const OPERATION_PATTERN = /^[A-Za-z0-9_-]{16,64}$/;
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
    onlyParameters(query, ["r", "quorum", "notfound", "timeoutMs"]);
    const { n, r, notFound } = this.#options;
    const answer = await this.#store.get({
      key,
      r: wholeNumber(query, "r", { min: 1, max: n }, r),
      quorum: this.#quorum(request),
      notFound: oneOf(query, "notfound", NOT_FOUND_CHOICES, notFound),
      known: knownTo(request),
      timeoutMs: this.#timeoutMs(request),
    });
    return siblingsResponse(answer, headers["accept"]);
  }

  async #put(key: Uint8Array, request: HttpRequest): Promise<HttpResponse> {
    const { query, headers, body } = request;
    onlyParameters(query, ["w", "quorum", "timeoutMs", "return"]);
    expectPlainWrite(request);
    if (body.length > this.#options.valueBytesMax) {
      throw new DynamoError(
        "value-too-large",
        `Cannot store ${body.length} bytes: a value has at most ${this.#options.valueBytesMax}`,
      );
    }
    const contentType = checkedContentType(headers["content-type"]);
    const context = tokenOf(request, "context");
    const { siblings, session } = await this.#store.put({
      key,
      context,
      payload: payloadOf(request, context, { contentType, tombstone: false, bytes: body }),
      w: this.#w(request),
      quorum: this.#quorum(request),
      timeoutMs: this.#timeoutMs(request),
      answer: oneOf(query, "return", RETURNS, "nothing"),
    });
    // A context for values the client has not seen would let it overwrite them, so there is none without them.
    if (siblings !== undefined) return siblingsResponse(siblings, headers["accept"]);
    if (session !== undefined) return { ...NO_CONTENT, headers: { [SESSION_HEADER]: session } };
    return request.query.get("return") === "session" ? NO_SESSION : NO_CONTENT;
  }

  async #delete(key: Uint8Array, request: HttpRequest): Promise<HttpResponse> {
    onlyParameters(request.query, ["w", "quorum", "timeoutMs"]);
    expectPlainWrite(request);
    const context = tokenOf(request, "context");
    if (context.length === 0) {
      throw new DynamoError(
        "context-required",
        `Cannot delete without the ${CONTEXT_HEADER} of a read: it says which versions are meant`,
      );
    }
    const payload = payloadOf(request, context, TOMBSTONE_PAYLOAD);
    const w = this.#w(request);
    const quorum = this.#quorum(request);
    const timeoutMs = this.#timeoutMs(request);
    await this.#store.put({ key, context, payload, w, quorum, timeoutMs, answer: "nothing" });
    return NO_CONTENT;
  }

  #w(request: HttpRequest): number {
    return wholeNumber(request.query, "w", { min: 1, max: this.#options.n }, this.#options.w);
  }

  #quorum({ query }: HttpRequest): "sloppy" | "strict" {
    return oneOf(query, "quorum", QUORUMS, this.#options.quorum);
  }

  #timeoutMs(request: HttpRequest): number {
    const range = { min: 1, max: TIMEOUT_MS_MAX };
    return wholeNumber(request.query, "timeoutMs", range, this.#options.timeoutMs);
  }
}

const NO_CONTENT: HttpResponse = { status: 204, headers: {}, body: EMPTY };
const NO_SESSION: HttpResponse = {
  ...NO_CONTENT,
  headers: { [CONTEXT_MISSING_HEADER]: CLOCK_TOO_LONG },
};

/** What a reader knows already (K-15): one token of either kind. */
function knownTo(request: HttpRequest): GetOrder["known"] {
  const context = tokenOf(request, "context");
  const session = tokenOf(request, "session");
  if (session.length === 0) {
    return context.length === 0 ? undefined : { kind: "context", token: context };
  }
  if (context.length > 0) {
    throw new DynamoError(
      "bad-parameter",
      `Cannot use ${CONTEXT_HEADER} and ${SESSION_HEADER} at once: send one of them`,
    );
  }
  return { kind: "session", token: session };
}

function tokenOf(request: HttpRequest, kind: TokenKind): Uint8Array {
  const text = request.headers[kind === "context" ? CONTEXT_HEADER : SESSION_HEADER];
  if (text === undefined || text === "") return EMPTY;
  const bytes = text.length > CONTEXT_LENGTH_MAX ? undefined : fromBase64url(text);
  if (bytes === undefined) {
    throw new DynamoError("bad-context", `Cannot read the ${kind}: it is not one a node returned`);
  }
  return bytes;
}

/** What is stored, under the operation that the client named, if it did (K-11). */
function payloadOf({ headers }: HttpRequest, context: Uint8Array, payload: Payload): Uint8Array {
  const token = headers[OPERATION_HEADER];
  if (token === undefined) return encodePayload(payload);
  if (!OPERATION_PATTERN.test(token)) {
    throw new DynamoError(
      "bad-parameter",
      `Cannot use ${OPERATION_HEADER}: it must be 16 to 64 characters of A-Z, a-z, 0-9, - and _`,
    );
  }
  const own = operationOf({ ...payload, token, context });
  return encodePayload(payload, { own, superseded: EMPTY });
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
