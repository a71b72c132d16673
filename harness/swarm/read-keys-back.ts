import type { DirectReadParts } from "./direct-read.ts";
import { readFromAll } from "./direct-read.ts";
import type { Finding } from "./sim-outcome.ts";

export interface ReadBackOptions {
  /** The name under which findings stand. */
  readonly check: string;
  /** N. */
  readonly n: number;
  /** True where disks may have garbled every copy of a key: then it stays unreadable, which is the truth about it. */
  readonly mayBeUnreadable: boolean;
}

/** Reads each key from all N, which also makes the copies equal, and tells of those that nobody can read. */
export async function readKeysBack(
  parts: DirectReadParts,
  keys: readonly string[],
  { check, n, mayBeUnreadable }: ReadBackOptions,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const key of keys) {
    const answer = await readFromAll(parts, key, n);
    if (answer === undefined && !mayBeUnreadable) {
      const anomaly = "a healed cluster does not serve a read";
      findings.push({ check, anomaly, detail: `${key} cannot be read in the end` });
    }
  }
  return findings;
}
