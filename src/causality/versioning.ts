import type { BytesMemo } from "../base/bytes-memo.ts";
import type { Actor } from "../base/ids.ts";

export const VERSIONING_MODES = [
  "dvvset",
  "merged",
  "vector-clock",
  "vector-clock-max",
  "lww",
] as const;

export type VersioningMode = (typeof VERSIONING_MODES)[number];

/** Counters by actor; an absent actor counts 0. What a context carries. */
export type Clock = ReadonlyMap<Actor, number>;

/** Actors read before: the next one of the same bytes is the same string, and was checked. */
export type ActorTable = BytesMemo<Actor>;

/** Who mints the next dot, and the wall time that only last write wins looks at. */
export interface Mint {
  readonly actor: Actor;
  readonly wallMs: number;
}

/**
 * Every version of one key that one node knows, with its causality. Immutable. What is inside depends on
 * the mode; outside `causality` only these two views are read.
 */
export interface Siblings {
  /** Payloads of the versions that no other version here descends from, in canonical order. */
  readonly payloads: readonly Uint8Array[];
  /** Covers every version that these siblings hold or have seen; handed out only with all payloads. */
  readonly clock: Clock;
}

/**
 * One way of ordering versions (paper 4.4, D-4.4-7). All functions are pure. `merge` is idempotent, and commutative
 * in the modes dvvset, merged and lww; the vector clock modes keep what is stored (`stored`, the first argument)
 * where equal clocks carry different values (K-2). It is associative in dvvset and lww; in merged the order of merges
 * decides which false siblings stay, never whether a write is lost, and replicas that exchange sets still converge.
 */
export interface Versioning {
  readonly mode: VersioningMode;
  /** No versions at all. */
  readonly empty: Siblings;
  /**
   * A write: adds `payload` under a fresh dot of `mint.actor`, drops the versions that `context` covers.
   * An empty context is a blind write (D-4.1-7).
   */
  update(stored: Siblings, context: Clock, payload: Uint8Array, mint: Mint): Siblings;
  /**
   * What a replica keeps that held `stored` and receives `received`. Returns the argument itself where that already is the
   * result, `stored` where both are: a caller sees by identity that nothing is to be written.
   */
  merge(stored: Siblings, received: Siblings): Siblings;
  /** True where merging `older` into `newer` would give `newer` again. */
  descends(newer: Siblings, older: Siblings): boolean;
  /** Canonical bytes: equal sets are equal bytes on all nodes. Begins with a format version and the mode. */
  encode(siblings: Siblings): Uint8Array;
  /**
   * Throws FormatError on anything that `encode` of this mode cannot have made. `actors` are the instance's own where none
   * are given.
   */
  decode(bytes: Uint8Array, actors?: ActorTable): Siblings;
  /**
   * The part of a record in which equal replicas are equal, for the hash trees (D-4.7-6); absent where that is all of it.
   * Throws FormatError like `decode`.
   */
  canonicalForHash?(record: Uint8Array): Uint8Array;
  /** What the instance remembers of the actors it has read; changes how fast it reads and nothing else. */
  readonly actors?: ActorTable;
}
