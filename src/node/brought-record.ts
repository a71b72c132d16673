import { ACTOR_LENGTH_MAX, actorOf } from "../base/actor.ts";
import { assert } from "../base/assert.ts";
import { FormatError } from "../base/binary.ts";
import { nodeId } from "../base/ids.ts";
import type { Siblings, Versioning } from "../causality/versioning.ts";
import { mayMakeClock } from "../replica/record-limits.ts";
import { decodeChecked } from "./checked-record.ts";

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
  if (!isWritable(siblings, versioning, wallMs)) {
    throw new FormatError(
      `its clock of ${siblings.clock.size} actors is too long, and only one that with one actor more fits a context is allowed`,
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

/** Whether a node would write over it that has no actor in its clock, as none has of the cluster that it is brought to. Truncation may cut the clock. */
function isWritable(siblings: Siblings, versioning: Versioning, wallMs: number): boolean {
  const { clock } = siblings;
  const after = versioning.update(siblings, clock, NO_PAYLOAD, { actor: LONGEST_ACTOR, wallMs });
  return mayMakeClock(clock, after.clock, { mode: versioning.mode, isFreshActor: true });
}

const NO_PAYLOAD = new Uint8Array(0);
const LONGEST_ACTOR = actorOf({
  nodeId: nodeId("n".repeat(64)),
  incarnation: "A".repeat(11),
  epoch: Number.MAX_SAFE_INTEGER,
});
assert(LONGEST_ACTOR.length === ACTOR_LENGTH_MAX, "The longest actor is not the longest");
