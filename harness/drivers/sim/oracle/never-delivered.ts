import { parseActor } from "../../../../src/base/actor.ts";
import type { Mint } from "./key-history.ts";
import { covers } from "./key-history.ts";
import type { KeyState } from "./key-state.ts";
import { ownCopyOf } from "./own-copy.ts";
import { isCollected } from "./resurrected.ts";
import type { Violations } from "./violations.ts";

const CHECK = "never-delivered";

export interface DeliveryCheckOptions {
  /** Nodes whose process ended at some time. */
  readonly died: ReadonlySet<string>;
  /** True where engines promise that what they acknowledge survives. */
  readonly synced: boolean;
  /** Only writes acknowledged since then are judged: a key that was there before may have moved to nodes that nobody brought it to. */
  readonly sinceMs: number;
}

/**
 * Every slot of a write ends with a copy or with a hint (D-4.6-1). So once all hints are delivered, and before any read has
 * repaired what was forgotten, each primary holds every acknowledged write. Judged are writes whose coordinator never
 * died, since one that dies forgets what it owed, at primaries that never died; and where hints do not survive their
 * keeper, only runs in which nobody died. For the lossless modes.
 */
export function checkDelivered(
  state: KeyState,
  { died, synced, sinceMs }: DeliveryCheckOptions,
  violations: Violations,
): void {
  const { acknowledged, primaries, name } = state;
  if (died.size > 0 && !synced) return;
  const calm = primaries
    .filter((node) => !died.has(node))
    .map((node) => ({ node, clock: ownCopyOf(state, node)?.visible?.record.clock }));
  for (const { ask, mints, acknowledgedMs = 0 } of acknowledged) {
    if (acknowledgedMs < sinceMs) continue;
    if (mints.length === 0 || mints.some((mint) => died.has(coordinatorOf(mint)))) continue;
    if (mints.some((mint) => isCollected(state, mint))) continue;
    const behind = calm.filter(
      ({ clock }) => clock === undefined || !mints.some((mint) => covers(clock, mint)),
    );
    if (behind.length === 0) continue;
    violations.report(CHECK, () => ({
      anomaly: "a primary neither holds a write nor is owed it",
      detail: `Request ${ask.id} at node ${ask.node} was acknowledged, no hint is left, and ${behind.map(({ node }) => node).join(", ")} never got it`,
      key: name,
    }));
  }
}

function coordinatorOf({ actor }: Mint): string {
  return parseActor(actor)?.nodeId ?? "";
}
