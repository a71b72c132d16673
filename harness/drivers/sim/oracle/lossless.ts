import type { VersioningMode } from "../../../../src/causality/versioning.ts";

/** True of the modes that never lose an acknowledged write by themselves; the others are here to show that they do. */
export function isLossless(mode: VersioningMode): boolean {
  return mode === "dvvset" || mode === "merged";
}
