import type { HttpCallResult } from "./http-caller.ts";

/**
 * Which nodes a client asks (paper 4.5, D-4.5-1).
 *
 * - `any`: the endpoints that it was given, in their order; whoever is asked coordinates, or forwards a write once. Knows nothing of the ring, and an
 *   endpoint may be a load balancer.
 * - `owners`: the nodes that keep the key, by a ring that the client fetches and polls (`owner-routing.ts`); nobody has to forward.
 */
export const ROUTINGS = ["any", "owners"] as const;

export type RoutingKind = (typeof ROUTINGS)[number];

/** The way of one call. */
export interface Route {
  /** Base URLs, best first, never none; what is best may change from one attempt to the next. */
  endpoints(): readonly string[];
  /** What its requests carry beside their own headers. */
  headers(): Readonly<Record<string, string>>;
  /** Told of each attempt: what was answered, undefined where nothing was. */
  heard(endpoint: string, answer: HttpCallResult | undefined): void;
}

export interface Routing {
  routeOf(key: Uint8Array): Route;
}

/** Server-driven: the same way for every key. */
export function anyRouting(endpoints: readonly string[]): Routing {
  const route: Route = { endpoints: () => endpoints, headers: () => NO_HEADERS, heard: () => {} };
  return { routeOf: () => route };
}

const NO_HEADERS: Readonly<Record<string, string>> = {};
