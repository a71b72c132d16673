import type { Copy, KnownRow } from "./key-state.ts";
import type { Violations } from "./violations.ts";

const CHECK = "earlier-write-wins";

/**
 * Where the last write wins a row only ever takes a later one: the larger stamp, of equal stamps the larger actor, as all
 * nodes decide. For mode `lww`, which loses writes, but not these; called at each change of a row.
 */
export function checkLastWrite(
  { node, state }: Copy,
  before: KnownRow,
  after: KnownRow,
  violations: Violations,
): void {
  const [[actorBefore, stampBefore] = ["", 0]] = before.record.clock;
  const [[actorAfter, stampAfter] = ["", 0]] = after.record.clock;
  const isLater = stampAfter === stampBefore ? actorAfter >= actorBefore : stampAfter > stampBefore;
  if (isLater) return;
  violations.report(CHECK, () => ({
    anomaly: "a row went back to an earlier write",
    detail: `Node ${node} replaced the write of ${actorBefore} at ${stampBefore} by that of ${actorAfter} at ${stampAfter}`,
    key: state.name,
  }));
}
