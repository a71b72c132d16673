/** One HTTP request of the client library. `headers` have lower case names. */
export interface HttpCall {
  readonly url: string;
  readonly method: "GET" | "PUT" | "DELETE" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  /** Undefined: no body. The caller must not change the bytes before the answer. */
  readonly body: Uint8Array | undefined;
  /** Most time from the call to the last byte of the answer, in milliseconds. */
  readonly timeoutMs: number;
}

/** A whole answer, whatever its status. `headers` have lower case names. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
}

/** The port through which the library speaks HTTP; `src/platform` implements it with node:http. */
export interface HttpCaller {
  /** Rejects with HttpCallError, and nothing else, where no whole answer came. Never follows redirects. */
  call(call: HttpCall): Promise<HttpAnswer>;
}

/**
 * No whole answer came: refused, reset, timed out, or not HTTP. `sent`: whether any byte of the request may have left
 * this machine. Where it is false the request cannot have happened; a caller that is not sure says true.
 */
export class HttpCallError extends Error {
  override readonly name = "HttpCallError";
  readonly sent: boolean;

  constructor(sent: boolean, message: string, options?: ErrorOptions) {
    super(message, options);
    this.sent = sent;
  }
}
