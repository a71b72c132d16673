import type { BytesMemo } from "../base/bytes-memo.ts";
import type { Actor } from "../base/ids.ts";
import type { HybridTime } from "./hybrid-time.ts";

export const VERSIONING_MODES = [
  "dvvset",
  "merged",
  "vector-clock",
  "vector-clock-max",
  "lww",
  "lww-hybrid",
] as const;

export type VersioningMode = (typeof VERSIONING_MODES)[number];

/** Counters by actor; an absent actor counts 0. What a context carries. */
export interface Clock extends ReadonlyMap<Actor, number> {
  /** When each actor last wrote the item, in wall milliseconds; only where the mode keeps it (`timed-clock.ts`). */
  readonly updatedMs?: ReadonlyMap<Actor, number>;
}

/** Actors read before: the next one of the same bytes is the same string, and was checked. */
export type ActorTable = BytesMemo<Actor>;

/** Who mints the next dot, and the node's wall time. */
export interface Mint {
  readonly actor: Actor;
  readonly wallMs: number;
  /** The latest time that the node's hybrid clock has seen (`hybrid-time.ts`); only `lww-hybrid` looks at it. Default 0. */
  readonly hybridTime?: HybridTime;
}

/** When, by the clock of its coordinator, the version was written that wins. */
export interface WriteTime {
  readonly actor: Actor;
  readonly wallMs: number;
  /** Only in `lww-hybrid`. */
  readonly hybridTime: HybridTime | undefined;
}

/** The modes without versions (paper 5): one value, the last one, by clocks. */
export function isLastWriteWins(mode: VersioningMode): boolean {
  return mode === "lww" || mode === "lww-hybrid";
}

/**
 * True of the mode in which a version can only stand beside one that superseded it if it was made twice. In the others it may be a
 * false sibling of the mode's own making, which they are here to show.
 */
export function keepsNoFalseSiblings(mode: VersioningMode): boolean {
  return mode === "dvvset";
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
  /** On the result of an update: how many pairs its clock lost to truncation (D-4.4-8). */
  readonly entriesDropped?: number;
}

/** When a clock is too long, and what it may keep (D-4.4-8). */
export interface Truncation {
  /** The paper's "when the number reaches a threshold", and how Riak reads it: at most one less is kept, or as many. */
  readonly rule: "reaches" | "exceeds";
  /** The threshold; the paper's is 10. */
  readonly entriesMax: number;
}

export interface VersioningOptions {
  /** Undefined: clocks are never cut short. Modes other than the paper's and `merged` never do. */
  readonly truncation?: Truncation | undefined;
  /** How far ahead of a node's clock a time may be that `lww-hybrid` follows. Default `CLOCK_SKEW_MS_MAX`. */
  readonly clockSkewMaxMs?: number | undefined;
}

/** Clocks that NTP keeps are within a few milliseconds of each other; the rest is what a bad moment may add. */
export const CLOCK_SKEW_MS_MAX = 500;

/**
 * One way of ordering versions (paper 4.4, D-4.4-7). All functions are pure. `merge` is idempotent, and commutative
 * in the modes dvvset, merged, lww and lww-hybrid; the vector clock modes keep what is stored (`stored`, the first argument)
 * where equal clocks carry different values (K-2). It is associative in dvvset, lww and lww-hybrid; in merged the order of merges
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
  /**
   * What replicas compare and hash of a record (D-4.4-8): its bytes, in the modes with timestamps without them. Equal sets
   * are equal here although one of the timestamps may differ. Throws FormatError like `decode`.
   */
  fingerprintBytes(record: Uint8Array): Uint8Array;
  /**
   * True where the next dot counts on from the context alone, which may have forgotten the actor: then an actor that it does not
   * name must not mint again (K-8).
   */
  readonly countsFromContext?: boolean;
  /** In the modes where the last write wins: its time; undefined where there is no version. */
  writeTime?(siblings: Siblings): WriteTime | undefined;
  /** Canonical bytes: equal sets are equal bytes on all nodes. Begins with a format version and the mode. */
  encode(siblings: Siblings): Uint8Array;
  /**
   * Throws FormatError on anything that `encode` of this mode cannot have made. `actors` are the instance's own where none
   * are given.
   */
  decode(bytes: Uint8Array, actors?: ActorTable): Siblings;
  /** What the instance remembers of the actors it has read; changes how fast it reads and nothing else. */
  readonly actors?: ActorTable;
}
