/*
 * Which version of a key was written by whom, and which versions its writer had seen: the order of versions as their clients
 * know it, whatever the store's clocks say. From the names in the history (`wrote`, `saw`) alone.
 */

import { VIEW } from "../history/cart-operation.ts";
import type { Pair } from "../history/pairs.ts";

/** One write. */
export interface WrittenVersion {
  readonly name: string;
  /** Index of the invocation. */
  readonly begunIndex: number;
  readonly begunNs: number;
  /** Index of the completion. */
  readonly endedIndex: number;
  readonly endedNs: number;
  /** `fail`: the store said that it did not happen; `info`: it may have. */
  readonly outcome: "ok" | "fail" | "info";
  readonly process: number;
  /** Node that answered, or was asked last. */
  readonly node: string;
  /** Names of the versions that its context covered. */
  readonly saw: readonly string[];
}

/** What one read of the key returned, as far as its versions have names. */
export interface ReadVersions {
  readonly index: number;
  /** When it began, or the write that it was part of. */
  readonly begunNs: number;
  readonly saw: readonly string[];
}

export interface KeyVersions {
  readonly versions: ReadonlyMap<string, WrittenVersion>;
  readonly reads: readonly ReadVersions[];
  /** Index of the invocation of each write that never ended, ascending: its version may be there, under a name that nobody told. */
  readonly unnamed: readonly number[];
}

interface OpenKey {
  readonly versions: Map<string, WrittenVersion>;
  readonly reads: ReadVersions[];
  readonly unnamed: number[];
}

/** By key; empty where clients named no versions. */
export function gatherVersions(pairs: readonly Pair[]): ReadonlyMap<string, KeyVersions> {
  const keys = new Map<string, OpenKey>();
  const isNamed = pairs.some(({ completion }) => completion?.wrote !== undefined);
  if (!isNamed) return keys;
  for (const { invocation, completion } of pairs) {
    let key = keys.get(invocation.key);
    if (key === undefined) {
      key = { versions: new Map(), reads: [], unnamed: [] };
      keys.set(invocation.key, key);
    }
    if (
      completion === undefined ||
      (completion.type === "info" && completion.wrote === undefined)
    ) {
      if (invocation.f !== VIEW) key.unnamed.push(invocation.index);
      continue;
    }
    const { saw, wrote, index, versions } = completion;
    // A write that saw nothing may have been blind, unless it says how many versions it read.
    const hasRead = wrote === undefined || versions !== undefined || (saw?.length ?? 0) > 0;
    if (saw !== undefined && hasRead) key.reads.push({ index, begunNs: invocation.timeNs, saw });
    if (wrote === undefined) continue;
    key.versions.set(wrote, {
      name: wrote,
      begunIndex: invocation.index,
      begunNs: invocation.timeNs,
      endedIndex: index,
      endedNs: completion.timeNs,
      outcome: completion.type === "ok" || completion.type === "fail" ? completion.type : "info",
      process: completion.process,
      node: completion.node,
      saw: saw ?? [],
    });
  }
  return keys;
}

/**
 * Everything that the writers of these versions had seen, directly or through what they saw, without the versions
 * themselves unless another of them saw them. With `begunIndexMin` only as far as that may lead to versions begun at this
 * index or later.
 */
export function pastOf(
  { versions }: KeyVersions,
  names: Iterable<string>,
  begunIndexMin = 0,
): ReadonlySet<string> {
  const past = new Set<string>();
  const open = [...names].flatMap((name) => versions.get(name)?.saw ?? []);
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (past.has(name)) continue;
    past.add(name);
    const version = versions.get(name);
    // Who saw a version ended after its writer began (but may have begun before), so nothing that had ended by then leads to it.
    if (version === undefined || version.endedIndex < begunIndexMin) continue;
    for (const seen of version.saw) open.push(seen);
  }
  return past;
}

/** By name: the versions whose writers saw it; a name that nobody told, too. */
export function whoSawEach({ versions }: KeyVersions): ReadonlyMap<string, readonly string[]> {
  const whoSaw = new Map<string, string[]>();
  for (const { name, saw } of versions.values()) {
    for (const seen of saw) {
      const writers = whoSaw.get(seen);
      if (writers === undefined) whoSaw.set(seen, [name]);
      else writers.push(name);
    }
  }
  return whoSaw;
}

/** All whose past holds this version, by what `whoSawEach` says; undefined where those are more than `max`. */
export function followersOf(
  name: string,
  whoSaw: ReadonlyMap<string, readonly string[]>,
  max = Number.POSITIVE_INFINITY,
): ReadonlySet<string> | undefined {
  const followers = new Set(whoSaw.get(name));
  for (const follower of followers) {
    if (followers.size > max) return undefined;
    for (const next of whoSaw.get(follower) ?? []) followers.add(next);
  }
  return followers.size > max ? undefined : followers;
}

/** When the first of them was begun: nothing older leads to any of them. */
export function oldestIndexOf({ versions }: KeyVersions, names: readonly string[]): number {
  return names.reduce(
    (oldest, name) => Math.min(oldest, versions.get(name)?.begunIndex ?? 0),
    Number.POSITIVE_INFINITY,
  );
}
