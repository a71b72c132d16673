/** A request as plain data, so that the simulator needs no sockets. Header names are lower case. */
export interface HttpRequest {
  readonly method: string;
  /** The raw path, still percent-encoded, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export type HttpHandler = (request: HttpRequest) => Promise<HttpResponse>;

/** Limits the server keeps before it calls the handler. */
export interface HttpLimits {
  readonly bodyBytesMax: number;
  /** The same for certain paths, whatever query follows them. */
  readonly bodyBytesMaxOf?: ReadonlyMap<string, number>;
  /** Of all bodies together, from their first bytes to their answers; a request that brings more is answered 503. */
  readonly heldBytesMax: number;
  readonly headerBytesMax: number;
  /** A request whose head and body have not come in full by then is answered 408. */
  readonly requestTimeoutMs: number;
  /** A connection whose client has not taken an answer by then is closed. */
  readonly responseTimeoutMs: number;
}
