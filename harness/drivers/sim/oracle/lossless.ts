import type { VersioningMode } from "../../../../src/causality/versioning.ts";

/** True where a clock covers all that it has seen and so says what superseded what: a clock that is cut forgets some. */
export function tellsCausality({ mode, truncated }: ClocksOf): boolean {
  return isLossless(mode) && !truncated;
}

export interface ClocksOf {
  readonly mode: VersioningMode;
  /** True where coordinators cut long clocks (D-4.4-8). */
  readonly truncated: boolean;
}

/** True of the modes that never lose an acknowledged write by themselves; the others are here to show that they do. */
export function isLossless(mode: VersioningMode): boolean {
  return mode === "dvvset" || mode === "merged";
}
