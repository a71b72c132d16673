import { BytesMemo } from "../base/bytes-memo.ts";
import { dvvset } from "./dvvset.ts";
import { lww, lwwHybrid } from "./lww.ts";
import { mergedVersioning } from "./merged.ts";
import { paperVersioning } from "./vector-clock.ts";
import type { ActorTable, Versioning, VersioningMode, VersioningOptions } from "./versioning.ts";

/** The rules of a mode, with the memory of actors. Siblings of one mode must never be given to another. */
export function versioningFor(mode: VersioningMode, options: VersioningOptions = {}): Versioning {
  const rules = rulesOf(mode, options);
  return { ...rules, actors: ACTORS, decode: (bytes) => rules.decode(bytes, ACTORS) };
}

/**
 * Actors read before, of all that read any in this thread: a name is checked the same way whoever reads it. So the nodes of a
 * simulation and who looks on share one table, which stays in the processor's cache, and one text for each actor, which then is told
 * from another without a look at its characters. Nobody gets anything else for it: what it lacks is made anew.
 */
const ACTORS: ActorTable = new BytesMemo();

function rulesOf(mode: VersioningMode, options: VersioningOptions): Versioning {
  switch (mode) {
    case "dvvset":
      return dvvset;
    case "merged":
      return mergedVersioning(options);
    case "vector-clock":
    case "vector-clock-max":
      return paperVersioning(mode, options);
    case "lww":
      return lww;
    case "lww-hybrid":
      return lwwHybrid(options);
  }
}
