/** One request over HTTP/1.1. */
export interface HttpCall {
  /** `http://host:port/path?query`. */
  readonly url: string;
  readonly method: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Most time from the call to the last byte of the response, in milliseconds. */
  readonly timeoutMs: number;
}

export interface HttpCallResult {
  readonly status: number;
  /** Names in lower case; of a name that came twice, both values with a comma between. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** How the client library reaches nodes. */
export interface HttpCaller {
  /** Rejects with HttpCallError and nothing else. */
  call(request: HttpCall): Promise<HttpCallResult>;
}

interface HttpCallErrorOptions extends ErrorOptions {
  /** Default false. */
  readonly isTooLarge?: boolean;
}

/** No response came, or none that can be used. */
export class HttpCallError extends Error {
  override readonly name = "HttpCallError";
  /** False: not a byte of the request left. True: the node may have received it and acted on it, or may yet. */
  readonly sent: boolean;
  /** The node answered, with more than is read: so will others, and so it will again. */
  readonly isTooLarge: boolean;

  constructor(sent: boolean, message: string, options: HttpCallErrorOptions = {}) {
    super(message, options);
    this.sent = sent;
    this.isTooLarge = options.isTooLarge ?? false;
  }
}
