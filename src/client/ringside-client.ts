/*
 * The client library with server-driven coordination (paper 6.4, D-4.5-1, D-6.4-1): it asks any node over HTTP, and that
 * node, or the one it forwards to, coordinates. Retries stand in `attempts.ts`, the meaning of answers in `answers.ts`.
 */
import { readAnswer, writeAnswer } from "./answers.ts";
import type { ClientParts } from "./attempts.ts";
import { runAttempts } from "./attempts.ts";
import type { ClientSettings, RingsideClientOptions } from "./client-options.ts";
import { clientSettings } from "./client-options.ts";
import type { ReadResult, RequestOptions, Store, WriteOptions } from "./contract.ts";
import { ClientError } from "./contract.ts";
import { EndpointChooser } from "./endpoint-choice.ts";
import type { HttpCall } from "./http-caller.ts";

const KEY_BYTES_MAX = 1_024;
const READ_HEADERS = { accept: "application/json" };
const UNTYPED = "application/octet-stream";
/** The node gives up a little before the client, so that its answer, which says more than silence, still arrives. */
const NODE_SHARE_OF_TIMEOUT = 0.9;
/** More is refused by the nodes. */
const NODE_TIMEOUT_MS_MAX = 60_000;

/** What this library can do beyond the contract: allow a retry for one write. */
export interface RingsideWriteOptions extends WriteOptions {
  /** Overrides the client's `retryIndefinite` for this write. */
  readonly retryIndefinite?: boolean;
}

/** A Dynamo over HTTP. Holds no connections of its own: closing is up to the HttpCaller that it was given. */
export class RingsideClient implements Store {
  readonly #parts: ClientParts;
  readonly #settings: ClientSettings;
  readonly #chooser: EndpointChooser;

  /** Throws RangeError where an option is out of its range. */
  constructor(parts: ClientParts, options: RingsideClientOptions) {
    this.#parts = parts;
    this.#settings = clientSettings(options);
    this.#chooser = new EndpointChooser(this.#settings.endpoints.length);
  }

  async get(key: Uint8Array, options: RequestOptions = {}): Promise<ReadResult> {
    const path = pathOf(key);
    return await runAttempts(this.#parts, this.#settings, this.#chooser, {
      verb: "get",
      timeoutMs: this.#timeoutMs(options),
      retryIndefinite: true,
      request: (endpoint, timeoutMs) => ({
        url: `${endpoint}${path}${queryOf({ r: options.r, quorum: options.quorum, timeoutMs: nodeTimeoutMs(options, timeoutMs) })}`,
        method: "GET",
        headers: READ_HEADERS,
        timeoutMs,
      }),
      read: readAnswer,
    });
  }

  put(key: Uint8Array, value: Uint8Array, options: RingsideWriteOptions = {}): Promise<void> {
    const headers: Record<string, string> = { "content-type": options.contentType ?? UNTYPED };
    return this.#write("PUT", key, value, options, headers);
  }

  delete(
    key: Uint8Array,
    options: RingsideWriteOptions & { readonly context: string },
  ): Promise<void> {
    return this.#write("DELETE", key, undefined, options, {});
  }

  async #write(
    method: "PUT" | "DELETE",
    key: Uint8Array,
    body: Uint8Array | undefined,
    options: RingsideWriteOptions,
    headers: Record<string, string>,
  ): Promise<void> {
    const path = pathOf(key);
    if (options.context !== undefined) {
      headers["x-dynamo-context"] = options.context;
    }
    const request = (endpoint: string, timeoutMs: number): HttpCall => ({
      url: `${endpoint}${path}${queryOf({ w: options.w, timeoutMs: nodeTimeoutMs(options, timeoutMs) })}`,
      method,
      headers,
      ...(body === undefined ? {} : { body }),
      timeoutMs,
    });
    await runAttempts(this.#parts, this.#settings, this.#chooser, {
      verb: method === "PUT" ? "put" : "delete",
      timeoutMs: this.#timeoutMs(options),
      retryIndefinite: options.retryIndefinite ?? this.#settings.retryIndefinite,
      request,
      read: writeAnswer,
    });
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

/** Only the base64url form names every key exactly: URL software on the way folds some percent-encoded paths. */
function pathOf(key: Uint8Array): string {
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
