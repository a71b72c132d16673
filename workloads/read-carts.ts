/*
 * The reads at the end, on which the verdict rests: every cart with R=N, past the proxies, after the cluster has settled. They
 * are strict: a fallback that answers "not found" for a replica which is slow at that moment would make items look lost (K-22).
 * A cart is asked of one node after the other until one answers; where none does, that is recorded too, and the checkers
 * make the run unknown.
 */

import type { Recorder } from "../harness/history/recorder.ts";
import type { FinalReadParts } from "../harness/run/workload.ts";
import type { CartReconciler } from "../src/client/reconcile/cart.ts";
import { view } from "../src/client/update.ts";
import { cartFailure } from "./cart-failure.ts";
import { versionNames } from "./version-names.ts";

export interface ReadCartsOptions {
  readonly keys: readonly string[];
  readonly reconciler: CartReconciler;
  /** N: a final read asks all of them. */
  readonly replicas: number;
}

const CONCURRENT_READS_MAX = 8;
const READ_TIMEOUT_MS = 10_000;

export async function readCarts(
  { recorder, readers }: FinalReadParts,
  { keys, reconciler, replicas }: ReadCartsOptions,
): Promise<void> {
  if (readers.length === 0) {
    throw new RangeError("Cannot read the carts at the end: there is no node to ask");
  }
  let next = 0;
  const readSome = async (): Promise<void> => {
    while (next < keys.length) {
      const position = next++;
      const inTurn = readers.map((_, offset) => readers[(position + offset) % readers.length]);
      await readCart(recorder, keys[position] ?? "", reconciler, replicas, inTurn);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENT_READS_MAX }, readSome));
}

async function readCart(
  recorder: Recorder,
  key: string,
  reconciler: CartReconciler,
  replicas: number,
  readers: readonly (FinalReadParts["readers"][number] | undefined)[],
): Promise<void> {
  const options = { r: replicas, quorum: "strict", timeoutMs: READ_TIMEOUT_MS } as const;
  let last = { node: "", error: "no-node-asked" };
  for (const reader of readers) {
    if (reader === undefined) {
      continue;
    }
    const { node, store } = reader;
    try {
      const { value, read } = await view(store, Buffer.from(key, "utf8"), reconciler, options);
      const versions = read.siblings.length;
      const items = versions === 0 ? null : reconciler.items(value);
      const names = versionNames(read.siblings);
      recorder.note({ type: "final-read", node, key, value: items, versions, ...names });
      return;
    } catch (error) {
      last = { node, error: cartFailure(error).code };
    }
  }
  const { node, error } = last;
  recorder.note({ type: "final-read", node, key, value: null, versions: 0, error });
}
