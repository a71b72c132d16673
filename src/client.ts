/*
 * What an application imports. Everything else in this package is its inside.
 */
// biome-ignore-all lint/performance/noBarrelFile: the one published entry of the client library

import type { RingsideClientOptions } from "./client/client-options.ts";
import { RingsideClient } from "./client/ringside-client.ts";
import { createHttpCaller } from "./platform/http-client.ts";
import { createNodeClock } from "./platform/node-clock.ts";
import { createNodeRandom } from "./platform/node-random.ts";

/** A client with connections of its own. */
export interface OpenClient extends RingsideClient {
  /** Closes the connections; calls under way fail. */
  close(): void;
}

/** Makes a client that speaks HTTP through this process's sockets. Throws RangeError where an option is out of its range. */
export function openClient(options: RingsideClientOptions): OpenClient {
  const http = createHttpCaller();
  const parts = { clock: createNodeClock(), random: createNodeRandom(), http };
  return Object.assign(new RingsideClient(parts, options), { close: () => http.close() });
}

export type { ClientParts } from "./client/attempts.ts";
export { FailedCallError } from "./client/attempts.ts";
export type { Attempt, RingPoll, RingsideClientOptions } from "./client/client-options.ts";
export type {
  ClientValue,
  ReadOptions,
  ReadResult,
  RequestOptions,
  Store,
  WriteOptions,
} from "./client/contract.ts";
export { ClientError } from "./client/contract.ts";
export type { HttpCall, HttpCaller, HttpCallResult } from "./client/http-caller.ts";
export { HttpCallError } from "./client/http-caller.ts";
export type { Cart, CartReconciler } from "./client/reconcile/cart.ts";
export type { CartKind } from "./client/reconcile/cart-reconciler.ts";
export { CART_KINDS, cartReconciler } from "./client/reconcile/cart-reconciler.ts";
export type { Reconciler } from "./client/reconcile/reconciler.ts";
export { ValueFormatError } from "./client/reconcile/reconciler.ts";
export type { RingsideWriteOptions } from "./client/ringside-client.ts";
export { RingsideClient } from "./client/ringside-client.ts";
export type { RoutingKind } from "./client/routing.ts";
export { ROUTINGS } from "./client/routing.ts";
export type { Update } from "./client/update.ts";
export { update, view } from "./client/update.ts";
