import type { Clock, Mint, Siblings, Versioning } from "../causality/versioning.ts";
import { supersedingAlso } from "../protocol/operations.ts";

export interface Update {
  /** Everything that the node holds of the key. */
  readonly held: Siblings;
  readonly context: Clock;
  readonly payload: Uint8Array;
}

/** A write as the versioning makes it, whose version also lists what it drops beyond what its client had read (K-11). */
export function updated(
  versioning: Versioning,
  { held, context, payload }: Update,
  mint: Mint,
): Siblings {
  const siblings = versioning.update(held, context, payload, mint);
  const dropped = held.payloads.filter((version) => !siblings.payloads.includes(version));
  const full = supersedingAlso(payload, dropped);
  return full === payload ? siblings : versioning.update(held, context, full, mint);
}
