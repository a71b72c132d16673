/** Nobody answers at the URL, or something that is no Toxiproxy does. */
export class ToxiproxyUnreachableError extends Error {
  override readonly name = "ToxiproxyUnreachableError";
}

/** Toxiproxy refused a request. */
export class ToxiproxyRequestError extends Error {
  override readonly name = "ToxiproxyRequestError";
  /** The HTTP status of the refusal. */
  readonly status: number;

  constructor(message: string, status: number, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

/**
 * The reasons that a status can have. toxiproxy-node-client drops the body of a refusal, which
 * would say it exactly.
 */
const REASONS: ReadonlyMap<number, string> = new Map([
  [400, "it is not well formed"],
  [403, "the user agent is not allowed"],
  [404, "it does not exist"],
  [409, "the name is taken"],
  [500, "the listen address is in use or cannot be bound"],
]);

/**
 * Makes a typed error, of one line, out of what toxiproxy-node-client threw. It tells a refusal
 * from a failed connection only in the text of the message.
 */
export function controllerError(
  action: string,
  url: string,
  cause: Error,
): ToxiproxyRequestError | ToxiproxyUnreachableError {
  const status = Number(/^Request failed with status code (\d+)$/.exec(cause.message)?.[1]);
  if (Number.isNaN(status)) {
    return new ToxiproxyUnreachableError(
      `Cannot ${action}: no Toxiproxy answers at ${url} (${cause.message})`,
      { cause },
    );
  }
  const reason = REASONS.get(status) ?? "no reason is known";
  return new ToxiproxyRequestError(
    `Cannot ${action}: Toxiproxy at ${url} answered ${status} (${reason})`,
    status,
    { cause },
  );
}
