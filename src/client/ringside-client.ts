/*
 * The client library (paper 4.5, D-4.5-1): it asks a node over HTTP, and that one, or the one it forwards to, coordinates (D-6.4-1). Which
 * node it asks stands in `routing.ts`: any, or those that keep the key. Retries stand in `attempts.ts`, the meaning of answers in `answers.ts`.
 */

import { toBase64url } from "../base/bytes.ts";
import { CONTEXT_HEADER, OPERATION_HEADER, SESSION_HEADER } from "../protocol/headers.ts";
import { freshAnswer, readAnswer, sessionAnswer, writeAnswer } from "./answers.ts";
import type { ClientParts } from "./attempts.ts";
import { runAttempts } from "./attempts.ts";
import { checkBytes, checkHeaderText } from "./checked-input.ts";
import type { ClientSettings, RingsideClientOptions } from "./client-options.ts";
import { clientSettings } from "./client-options.ts";
import type { ReadOptions, ReadResult, RequestOptions, Store, WriteOptions } from "./contract.ts";
import { ClientError } from "./contract.ts";
import { EndpointChooser } from "./endpoint-choice.ts";
import type { Outcome } from "./failure.ts";
import type { HttpCall, HttpCallResult } from "./http-caller.ts";
import { OwnerRouting } from "./owner-routing.ts";
import type { Routing } from "./routing.ts";
import { anyRouting } from "./routing.ts";

const KEY_BYTES_MAX = 1_024;
const READ_HEADERS = { accept: "application/json" };
/** Of the name of a write: as many as of a UUID. */
const OPERATION_BYTES = 16;
const UNTYPED = "application/octet-stream";
/** The node gives up a little before the client, so that its answer, which says more than silence, still arrives. */
const NODE_SHARE_OF_TIMEOUT = 0.9;
/** More is refused by the nodes. */
const NODE_TIMEOUT_MS_MAX = 60_000;

/** What this library can do beyond the contract: name a write, allow a retry for it. */
export interface RingsideWriteOptions extends WriteOptions {
  /**
   * The write's name, 16 to 64 characters of A-Z, a-z, 0-9, - and _; whoever repeats a call under the name of the first
   * does not write twice. Absent: one is drawn for this call.
   */
  readonly operation?: string;
  /** Overrides the client's `retryIndefinite` for this write. */
  readonly retryIndefinite?: boolean;
}

/** A Dynamo over HTTP. Holds no connections of its own: closing is up to the HttpCaller that it was given. */
export class RingsideClient implements Store {
  readonly #parts: ClientParts;
  readonly #settings: ClientSettings;
  readonly #chooser: EndpointChooser;
  readonly #routing: Routing;

  /** Throws RangeError where an option is out of its range. */
  constructor(parts: ClientParts, options: RingsideClientOptions) {
    this.#parts = parts;
    this.#settings = clientSettings(options);
    this.#chooser = new EndpointChooser(this.#settings);
    this.#routing =
      this.#settings.routing === "owners"
        ? new OwnerRouting(parts, this.#settings, this.#chooser)
        : anyRouting(this.#settings.endpoints);
  }

  async get(key: Uint8Array, options: ReadOptions = {}): Promise<ReadResult> {
    const path = pathOf(key);
    const { r, quorum, notFound: notfound } = options;
    const headers = { ...READ_HEADERS, ...knownHeaders(options.atLeast) };
    const totalMs = this.#timeoutMs(options);
    const route = this.#routing.routeOf(key);
    return await runAttempts(this.#parts, this.#settings, this.#chooser, {
      verb: "get",
      route,
      timeoutMs: totalMs,
      retryIndefinite: true,
      request: (endpoint, timeoutMs) => ({
        url: `${endpoint}${path}${queryOf({ r, quorum, notfound, timeoutMs: nodeTimeoutMs(options, timeoutMs) })}`,
        method: "GET",
        headers: { ...headers, ...route.headers() },
        timeoutMs,
      }),
      read: options.requireFresh === true ? freshAnswer : readAnswer,
    });
  }

  put(key: Uint8Array, value: Uint8Array, options: RingsideWriteOptions = {}): Promise<void> {
    return this.#write(this.#putOf(key, value, options), options, writeAnswer);
  }

  /** A put that resolves with a session token: a read that brings it shows this write or what came after it (K-15). */
  putForSession(
    key: Uint8Array,
    value: Uint8Array,
    options: RingsideWriteOptions = {},
  ): Promise<string> {
    const order = { ...this.#putOf(key, value, options), returned: "session" };
    return this.#write(order, options, sessionAnswer);
  }

  delete(
    key: Uint8Array,
    options: RingsideWriteOptions & { readonly context: string },
  ): Promise<void> {
    return this.#write({ method: "DELETE", key, headers: {} }, options, writeAnswer);
  }

  #putOf(key: Uint8Array, body: Uint8Array, { contentType }: RingsideWriteOptions): WriteOrder {
    return { method: "PUT", key, body, headers: { "content-type": contentType ?? UNTYPED } };
  }

  async #write<T>(
    { method, key, body, headers: ownHeaders, returned }: WriteOrder,
    options: RingsideWriteOptions,
    read: (answer: HttpCallResult, wallMs: number) => Outcome<T>,
  ): Promise<T> {
    const path = pathOf(key);
    if (method === "PUT") checkBytes("bad-parameter", "a value", body);
    checkHeaderText("contentType", ownHeaders["content-type"]);
    checkHeaderText("context", options.context);
    checkHeaderText("operation", options.operation);
    const operation = options.operation ?? this.#drawOperation();
    const headers: Record<string, string> = { ...ownHeaders };
    if (options.context !== undefined) headers[CONTEXT_HEADER] = options.context;
    if (operation !== undefined) headers[OPERATION_HEADER] = operation;
    const { w, quorum } = options;
    const totalMs = this.#timeoutMs(options);
    const route = this.#routing.routeOf(key);
    const request = (endpoint: string, timeoutMs: number): HttpCall => ({
      url: `${endpoint}${path}${queryOf({ w, quorum, return: returned, timeoutMs: nodeTimeoutMs(options, timeoutMs) })}`,
      method,
      headers: { ...headers, ...route.headers() },
      ...(body === undefined ? {} : { body }),
      timeoutMs,
    });
    return await runAttempts(this.#parts, this.#settings, this.#chooser, {
      verb: method === "PUT" ? "put" : "delete",
      route,
      timeoutMs: totalMs,
      retryIndefinite: options.retryIndefinite ?? this.#settings.retryIndefinite,
      request,
      read,
    });
  }

  /** One for all attempts of a call. */
  #drawOperation(): string | undefined {
    if (!this.#settings.operations) return undefined;
    return toBase64url(this.#parts.random.bytes(OPERATION_BYTES));
  }

  #timeoutMs({ timeoutMs = this.#settings.timeoutMs }: RequestOptions): number {
    if (!(timeoutMs > 0 && Number.isFinite(timeoutMs))) {
      throw new ClientError(
        "bad-parameter",
        true,
        `Cannot use timeoutMs ${timeoutMs}: it must be a number above 0`,
      );
    }
    return timeoutMs;
  }
}

interface WriteOrder {
  readonly method: "PUT" | "DELETE";
  readonly key: Uint8Array;
  readonly body?: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
  readonly returned?: string;
}

function knownHeaders(atLeast: ReadOptions["atLeast"]): Readonly<Record<string, string>> {
  if (atLeast === undefined) return {};
  const [name, header, token] =
    "context" in atLeast
      ? (["context", CONTEXT_HEADER, atLeast.context] as const)
      : (["session", SESSION_HEADER, atLeast.session] as const);
  checkHeaderText(`atLeast.${name}`, token);
  return { [header]: token };
}

/** Only the base64url form names every key exactly: URL software on the way folds some percent-encoded paths. */
function pathOf(key: Uint8Array): string {
  checkBytes("bad-key", "a key", key);
  if (key.length === 0 || key.length > KEY_BYTES_MAX) {
    throw new ClientError(
      "bad-key",
      true,
      `Cannot use a key of ${key.length} bytes: keys have 1 to ${KEY_BYTES_MAX}`,
    );
  }
  const bytes = Buffer.from(key.buffer, key.byteOffset, key.length);
  return `/kv64/${bytes.toString("base64url")}`;
}

/** What overrides the cluster's own settings; nothing where the caller named nothing. */
function queryOf(overrides: Readonly<Record<string, number | string | undefined>>): string {
  let query = "";
  for (const name in overrides) {
    const value = overrides[name];
    if (value !== undefined) query += `${query === "" ? "?" : "&"}${name}=${value}`;
  }
  return query;
}

/** Only where the caller named a time: the nodes' own is right otherwise. */
function nodeTimeoutMs(options: RequestOptions, attemptTimeoutMs: number): number | undefined {
  return options.timeoutMs === undefined
    ? undefined
    : Math.min(
        Math.max(1, Math.floor(attemptTimeoutMs * NODE_SHARE_OF_TIMEOUT)),
        NODE_TIMEOUT_MS_MAX,
      );
}
