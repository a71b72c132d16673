/** One HTTP request that the library made, and what came of it. */
export interface Attempt {
  readonly verb: "get" | "put" | "delete";
  /** Base URL of the node that was asked. */
  readonly endpoint: string;
  /** 1 for the first attempt of a call. */
  readonly number: number;
  readonly durationMs: number;
  /** The answer's status; undefined where no whole answer came. */
  readonly status: number | undefined;
  /** Why it failed; undefined where it succeeded. */
  readonly code: string | undefined;
}

export interface RingsideClientOptions {
  /** Base URLs of nodes (`http://host:port`, a path is kept). The first is preferred; the others are asked when it fails. */
  readonly endpoints: readonly string[];
  /** Whole time of a call that names none, retries and waits included. Default 5,000. */
  readonly timeoutMs?: number;
  /**
   * Time of one attempt. Below the nodes' `requestTimeoutMs` (1,000) answers are given up that would still have come;
   * far above it, a hung node costs a read most of its budget. Default 1,500.
   */
  readonly attemptTimeoutMs?: number;
  /** Attempts after the first, at most. Default 5. */
  readonly retriesMax?: number;
  /** The wait before retry k is drawn from 0 to min(backoffMs * 2^(k-1), backoffMsMax). Default 20. */
  readonly backoffMs?: number;
  /** Default 1,000. */
  readonly backoffMsMax?: number;
  /** How long a node that gave no answer is asked only when no other is left. Default 1,000; 0 switches it off. */
  readonly suspectMs?: number;
  /** Names each write, so that nodes recognise a retry and do not make a sibling of it (K-11). Default true. */
  readonly operations?: boolean;
  /**
   * Retries writes that may have happened. Default: true where writes are named. With a name a retry is the same write, whoever
   * coordinates it and whatever superseded the first attempt meanwhile, as far as nodes remember that (architecture,
   * "Operations"); beyond, and without a name, it may become a sibling that brings an overwritten value back. Where the last write wins
   * (`lww`, `lww-hybrid`) a retry may be a later write, which wins over what others wrote in between: there switch it off.
   */
  readonly retryIndefinite?: boolean;
  /** Called after each attempt, before the call goes on; must not throw. */
  readonly onAttempt?: (attempt: Attempt) => void;
}

/** Options checked and completed. */
export type ClientSettings = Required<RingsideClientOptions>;

/** Throws RangeError where an option is out of its range. */
export function clientSettings(options: RingsideClientOptions): ClientSettings {
  return {
    endpoints: checkedEndpoints(options.endpoints),
    timeoutMs: checked("timeoutMs", options.timeoutMs ?? 5_000, 1),
    attemptTimeoutMs: checked("attemptTimeoutMs", options.attemptTimeoutMs ?? 1_500, 1),
    retriesMax: checked("retriesMax", options.retriesMax ?? 5, 0),
    backoffMs: checked("backoffMs", options.backoffMs ?? 20, 0),
    backoffMsMax: checked("backoffMsMax", options.backoffMsMax ?? 1_000, 0),
    suspectMs: checked("suspectMs", options.suspectMs ?? 1_000, 0),
    operations: options.operations ?? true,
    retryIndefinite: options.retryIndefinite ?? options.operations ?? true,
    onAttempt: options.onAttempt ?? (() => {}),
  };
}

function checkedEndpoints(endpoints: readonly string[]): readonly string[] {
  if (endpoints.length === 0) {
    throw new RangeError("Cannot make a client: it needs at least one endpoint");
  }
  return endpoints.map((endpoint) => {
    const url = URL.parse(endpoint);
    if (url === null || !/^https?:$/.test(url.protocol) || url.search !== "" || url.hash !== "") {
      throw new RangeError(
        `Cannot use endpoint ${JSON.stringify(endpoint)}: it must be a URL such as http://host:port`,
      );
    }
    return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
  });
}

function checked(name: string, value: number, min: number): number {
  if (!Number.isFinite(value) || value < min) {
    throw new RangeError(`Cannot use ${name} ${value}: it must be a number of at least ${min}`);
  }
  return value;
}
