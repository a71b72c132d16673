import type { ReadResult, Store } from "./contract.ts";
import { ClientError } from "./contract.ts";
import type { Reconciler } from "./reconcile/reconciler.ts";
import type { RingsideWriteOptions } from "./ringside-client.ts";

export interface Update<T> {
  /** The reconciled value that was read. */
  readonly before: T;
  /** The value that was written. */
  readonly after: T;
  /** Versions that the read returned. */
  readonly versions: number;
}

/** Reads one value: all versions of the key, reconciled. Rejects with ClientError or ValueFormatError. */
export function view<T>(
  store: Store,
  key: Uint8Array,
  reconciler: Reconciler<T>,
  options: Omit<RingsideWriteOptions, "context" | "contentType"> = {},
): Promise<{ readonly value: T; readonly read: ReadResult }> {
  return store.get(key, options).then((read) => {
    const value = reconciler.merge(read.siblings.map(({ bytes }) => reconciler.decode(bytes)));
    return { value, read };
  });
}

/**
 * Read, reconcile, change, write back under the context that was read (D-4.4-5): the new version replaces exactly the
 * versions that went into it. Another writer's concurrent version stays as a sibling for the next reader.
 *
 * `change` is called once, before the put is sent, so that the caller knows what was read even if the put fails. Where
 * it returns the very value it was given, that is written too: writing is what collapses the siblings.
 * `options.timeoutMs` holds for the get and the put each. Throws ClientError or ValueFormatError; an error of the
 * get is definite, and nothing was written.
 */
export async function update<T>(
  store: Store,
  key: Uint8Array,
  reconciler: Reconciler<T>,
  change: (before: T, read: ReadResult) => T,
  options: Omit<RingsideWriteOptions, "context" | "contentType"> = {},
): Promise<Update<T>> {
  const { value: before, read } = await view(store, key, reconciler, options);
  if (read.context === "") {
    // Put blindly it would stay beside what it was made of, one version more with each call.
    throw new ClientError("clock-too-long", true, "Cannot update: the key has no context any more");
  }
  const after = change(before, read);
  const write: RingsideWriteOptions = {
    ...options,
    context: read.context,
    contentType: reconciler.contentType,
  };
  await store.put(key, reconciler.encode(after), write);
  return { before, after, versions: read.siblings.length };
}
