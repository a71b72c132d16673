import { baseUrl, hasCredentials, isUnderTls, shownUrl } from "../base/base-url.ts";
import type { RoutingKind } from "./routing.ts";
import { ROUTINGS } from "./routing.ts";

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

/** How one attempt to learn the ring ended. `older`: the node is behind, and what it says was not taken. */
export type RingPoll = {
  /** Base URL of the node that was asked. */
  readonly endpoint: string;
} & (
  | { readonly outcome: "changed" | "confirmed" | "older"; readonly ring: string }
  | { readonly outcome: "failed"; readonly cause: unknown }
);

export interface RingsideClientOptions {
  /** Base URLs of nodes (`http://host:port`, a path is kept; `https:` is refused, and so are a user name and a password). The first is preferred; the others are asked when it fails. */
  readonly endpoints: readonly string[];
  /**
   * Whom to ask: `any`, the endpoints in their order (paper 4.5, a load balancer); or `owners`, the nodes that keep the key, so that no
   * node has to forward: the endpoints then only tell where they are, and stand in for them. Default any.
   */
  readonly routing?: RoutingKind;
  /**
   * Node id to the base URL under which this client reaches the node; goes before the `clientUrl` that the cluster's configuration gives. For
   * `owners`, where nodes have none, or other addresses from here.
   */
  readonly nodeUrls?: Readonly<Record<string, string>>;
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
  /**
   * A node that gave no answer is asked when no better one is left, and now and then ahead of others, as a probe: this is the least time from a
   * silence to the next probe. Default 1,000; 0: nodes are asked in their order whether they answered or not.
   */
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
  /** Called after each attempt to learn the ring; must not throw. */
  readonly onRingPoll?: (poll: RingPoll) => void;
}

/** Options checked and completed. */
export type ClientSettings = Required<RingsideClientOptions>;

/** Throws RangeError where an option is out of its range. */
export function clientSettings(options: RingsideClientOptions): ClientSettings {
  return {
    endpoints: checkedEndpoints(options.endpoints),
    routing: checkedRouting(options.routing ?? "any"),
    nodeUrls: Object.fromEntries(
      Object.entries(options.nodeUrls ?? {}).map(([id, url]) => [id, checkedUrl(url)]),
    ),
    timeoutMs: checked("timeoutMs", options.timeoutMs ?? 5_000, 1),
    attemptTimeoutMs: checked("attemptTimeoutMs", options.attemptTimeoutMs ?? 1_500, 1),
    retriesMax: checked("retriesMax", options.retriesMax ?? 5, 0),
    backoffMs: checked("backoffMs", options.backoffMs ?? 20, 0),
    backoffMsMax: checked("backoffMsMax", options.backoffMsMax ?? 1_000, 0),
    suspectMs: checked("suspectMs", options.suspectMs ?? 1_000, 0),
    operations: options.operations ?? true,
    retryIndefinite: options.retryIndefinite ?? options.operations ?? true,
    onAttempt: options.onAttempt ?? (() => {}),
    onRingPoll: options.onRingPoll ?? (() => {}),
  };
}

function checkedEndpoints(endpoints: readonly string[]): readonly string[] {
  if (endpoints.length === 0) {
    throw new RangeError("Cannot make a client: it needs at least one endpoint");
  }
  return endpoints.map(checkedUrl);
}

function checkedUrl(endpoint: string): string {
  const parsed = URL.parse(endpoint);
  const shown = JSON.stringify(shownUrl(endpoint));
  if (parsed !== null && hasCredentials(parsed)) {
    throw new RangeError(
      `Cannot use endpoint ${shown}: nothing here sends a user name or a password, it must be a URL such as http://host:port`,
    );
  }
  const url = baseUrl(endpoint);
  if (url === undefined || isUnderTls(url)) {
    const reason = url === undefined ? "" : "nothing here speaks TLS, ";
    throw new RangeError(
      `Cannot use endpoint ${shown}: ${reason}it must be a URL such as http://host:port`,
    );
  }
  return url;
}

function checkedRouting(routing: RoutingKind): RoutingKind {
  if (!ROUTINGS.includes(routing)) {
    throw new RangeError(
      `Cannot use routing ${JSON.stringify(routing)}: it must be one of ${ROUTINGS.join(", ")}`,
    );
  }
  return routing;
}

function checked(name: string, value: number, min: number): number {
  if (!Number.isFinite(value) || value < min) {
    throw new RangeError(`Cannot use ${name} ${value}: it must be a number of at least ${min}`);
  }
  return value;
}
