import { BytesMemo } from "../base/bytes-memo.ts";
import { dvvset } from "./dvvset.ts";
import { lww, lwwHybrid } from "./lww.ts";
import { mergedVersioning } from "./merged.ts";
import { paperVersioning } from "./vector-clock.ts";
import type { ActorTable, Versioning, VersioningMode, VersioningOptions } from "./versioning.ts";

/**
 * The rules of a mode, with a memory of the actors it reads: one instance for each node, and one for whoever looks on.
 * Siblings of one mode must never be given to another.
 */
export function versioningFor(mode: VersioningMode, options: VersioningOptions = {}): Versioning {
  const rules = rulesOf(mode, options);
  const actors: ActorTable = new BytesMemo();
  return { ...rules, actors, decode: (bytes) => rules.decode(bytes, actors) };
}

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
