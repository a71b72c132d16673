/*
 * What an application imports. Everything else in this package is its inside.
 */
// biome-ignore-all lint/performance/noBarrelFile: the one published entry of the client library

export type { ClientParts } from "./client/attempts.ts";
export { FailedCallError } from "./client/attempts.ts";
export type { Attempt, RingsideClientOptions } from "./client/client-options.ts";
export type {
  ClientValue,
  ReadResult,
  RequestOptions,
  Store,
  WriteOptions,
} from "./client/contract.ts";
export { ClientError } from "./client/contract.ts";
export type { HttpCall, HttpCaller, HttpCallResult } from "./client/http-caller.ts";
export { HttpCallError } from "./client/http-caller.ts";
export type { Cart, CartKind, CartReconciler } from "./client/reconcile/cart-reconciler.ts";
export { CART_KINDS, cartReconciler } from "./client/reconcile/cart-reconciler.ts";
export type { Reconciler } from "./client/reconcile/reconciler.ts";
export { ValueFormatError } from "./client/reconcile/reconciler.ts";
export type { RingsideWriteOptions } from "./client/ringside-client.ts";
export { RingsideClient } from "./client/ringside-client.ts";
export type { Update } from "./client/update.ts";
export { update, view } from "./client/update.ts";
