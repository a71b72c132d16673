import { dvvset } from "./dvvset.ts";
import { lww } from "./lww.ts";
import { merged } from "./merged.ts";
import { vectorClock, vectorClockMax } from "./vector-clock.ts";
import type { Versioning, VersioningMode } from "./versioning.ts";

/** The rules of a mode. Siblings of one mode must never be given to another. */
export function versioningFor(mode: VersioningMode): Versioning {
  return VERSIONINGS[mode];
}

const VERSIONINGS: Readonly<Record<VersioningMode, Versioning>> = {
  dvvset,
  merged,
  "vector-clock": vectorClock,
  "vector-clock-max": vectorClockMax,
  lww,
};
