/**
 * Semantic reconciliation (paper 4.4, D-4.4-3): what turns the versions a read returned into the one value the
 * application goes on with. `T` is immutable.
 */
export interface Reconciler<T> {
  /** What a key holds that was never written. */
  readonly empty: T;
  /** One value out of all versions; `empty` where there are none. Pure, and independent of anything but its argument (K-23). */
  merge(siblings: readonly T[]): T;
  encode(value: T): Uint8Array;
  /** Throws ValueFormatError on bytes that `encode` cannot have made. */
  decode(bytes: Uint8Array): T;
  /** What `encode` makes, as a media type. */
  readonly contentType: string;
}

/** Stored bytes are not of the format that the reconciler reads. */
export class ValueFormatError extends Error {
  override readonly name = "ValueFormatError";
}
