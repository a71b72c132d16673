import { FormatError } from "../base/binary.ts";
import type { Versioning } from "../causality/versioning.ts";
import { decodeChecked } from "../protocol/checked-record.ts";
import { takesFreshActor } from "../replica/record-limits.ts";

export interface BroughtRules {
  readonly versioning: Versioning;
  /** The node's own wall clock, and how far ahead of it a record may be where the last write wins. */
  readonly wallMs: number;
  readonly clockSkewMaxMs: number;
}

/**
 * Checks a record that comes from outside the cluster. Peers' records are merged whatever their clocks say, since what was acknowledged is not dropped; here nobody was
 * told anything yet, and the key would be of no use to anybody: with a clock too long for one actor more every node refuses each write of it, for good, and a time ahead of all clocks
 * wins over each write until they have come to it (K-14). Throws FormatError, one line that says what is allowed.
 */
export function checkBroughtRecord(
  record: Uint8Array,
  { versioning, wallMs, clockSkewMaxMs }: BroughtRules,
): void {
  const siblings = decodeChecked(versioning, record);
  const { clock } = siblings;
  if (!takesFreshActor(clock, versioning.mode)) {
    throw new FormatError(
      `its clock of ${clock.size} actors is too long, and only one that with one actor more fits a context is allowed`,
    );
  }
  const time = versioning.writeTime?.(siblings);
  const aheadMs = time === undefined ? 0 : Math.ceil(time.wallMs - wallMs);
  if (aheadMs > clockSkewMaxMs) {
    throw new FormatError(
      `it was written ${aheadMs} ms ahead of this node's clock, and at most ${clockSkewMaxMs} is allowed (clockSkewMaxMs)`,
    );
  }
}
