/** Ways in which a version may be against the order that clients know; `causality.ts` tells them apart. */
export type CausalAnomalyKind =
  | "false-dominance"
  | "missing-sibling"
  | "false-sibling"
  | "never-written"
  | "own-past";

export interface CausalAnomaly {
  readonly kind: CausalAnomalyKind;
  readonly key: string;
  /** The version that is gone, or there and should not be. */
  readonly version: string;
  /**
   * The version in its place, or beside it (itself, where it is there twice), or what its writer had read that had seen it (itself, where that was it);
   * undefined where there is none.
   */
  readonly other: string | undefined;
  /** Of the read or write that shows it first. */
  readonly index: number;
}

/** What no mode explains comes first. */
const SEVERITY: readonly CausalAnomalyKind[] = [
  "never-written",
  "own-past",
  "false-dominance",
  "missing-sibling",
  "false-sibling",
];

export function bySeverity(left: CausalAnomaly, right: CausalAnomaly): number {
  return SEVERITY.indexOf(left.kind) - SEVERITY.indexOf(right.kind) || left.index - right.index;
}

export function sentenceOf({ kind, key, version, other, index }: CausalAnomaly): string {
  const instead = other === undefined ? "nothing" : other;
  switch (kind) {
    case "false-dominance":
      return `version ${version} of ${key}, acknowledged at index ${index}, is gone, and ${instead} is there, whose writer never saw it (false dominance).`;
    case "missing-sibling":
      return `version ${version} of ${key}, acknowledged at index ${index}, is gone, and ${instead} is there in its place (missing sibling).`;
    case "false-sibling":
      if (other === version)
        return `version ${version} of ${key} is there twice at index ${index} (false sibling).`;
      return `version ${version} of ${key} is there at index ${index} beside ${instead}, whose writer had seen it (false sibling).`;
    case "never-written":
      return `version ${version} of ${key} is there at index ${index}, and no write had made it (never written).`;
    case "own-past":
      if (other === version)
        return `version ${version} of ${key} was read by its own writer before it was written, as the write says that ended at index ${index} (own past).`;
      return `version ${version} of ${key} was written by who had read ${instead}, as the write says that ended at index ${index}, and the writer of that had seen ${version}, itself or through others (own past).`;
  }
}
