import { BytesMemo } from "../base/bytes-memo.ts";
import { dvvset } from "./dvvset.ts";
import { lww } from "./lww.ts";
import { merged } from "./merged.ts";
import { vectorClock, vectorClockMax } from "./vector-clock.ts";
import type { ActorTable, Versioning, VersioningMode } from "./versioning.ts";

/**
 * The rules of a mode, with a memory of the actors it reads: one instance for each node, and one for whoever looks on.
 * Siblings of one mode must never be given to another.
 */
export function versioningFor(mode: VersioningMode): Versioning {
  const rules = VERSIONINGS[mode];
  const actors: ActorTable = new BytesMemo();
  return { ...rules, actors, decode: (bytes) => rules.decode(bytes, actors) };
}

const VERSIONINGS: Readonly<Record<VersioningMode, Versioning>> = {
  dvvset,
  merged,
  "vector-clock": vectorClock,
  "vector-clock-max": vectorClockMax,
  lww,
};
