import type { CheckerResult } from "../run/summary.ts";
import type { Evidence } from "./evidence.ts";

export interface VersionsResult extends CheckerResult {
  /** Reads by how many versions they returned. */
  readonly siblings: {
    readonly 1: number;
    readonly 2: number;
    readonly 3: number;
    readonly "4+": number;
  };
  /** Reads of keys that did not exist. */
  readonly absent: number;
  readonly max: number;
}

/** How often reads met conflicts. Every successful operation that tells its versions counts: adds and removes read, too. */
export function countVersions({ pairs }: Evidence): VersionsResult {
  const siblings = { 1: 0, 2: 0, 3: 0, "4+": 0 };
  let absent = 0;
  let max = 0;
  for (const { completion } of pairs) {
    const versions = completion?.type === "ok" ? completion.versions : undefined;
    if (versions === undefined) {
      continue;
    }
    max = Math.max(max, versions);
    switch (versions) {
      case 0:
        absent++;
        break;
      case 1:
      case 2:
      case 3:
        siblings[versions]++;
        break;
      default:
        siblings["4+"]++;
    }
  }
  return { verdict: "valid", reasons: [], siblings, absent, max };
}
