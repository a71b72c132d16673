import type { Clock } from "../../../../src/causality/versioning.ts";
import { coversClock } from "./covers-clock.ts";
import type { Copy, KeyState } from "./key-state.ts";
import type { Violations } from "./violations.ts";

/** A row that a node had promised to keep when a snapshot began. */
export interface HeldRow {
  readonly copy: Copy;
  readonly clock: Clock;
  /** The lives of the node that holds it, and of the one that it is for. */
  readonly lives: readonly Life[];
}

/** Tells one life of a node from the next; undefined while it is down. */
type Life = number | undefined;

export function heldRows(
  states: Iterable<KeyState>,
  lifeOf: (node: string) => Life,
): readonly HeldRow[] {
  return [...states].flatMap(({ copies }) =>
    copies.flatMap((copy) =>
      copy.durable === undefined
        ? []
        : [{ copy, clock: copy.durable.record.clock, lives: livesOf(copy, lifeOf) }],
    ),
  );
}

/**
 * What the nodes that took part held all the time is in the snapshot (D-6.2-8), acknowledged to a client or not. For the modes whose
 * clocks tell causality. A hint may have gone to its owner meanwhile, and come again; where that one took no part it must have been down.
 */
export function checkHeld(
  { copy, clock, lives }: HeldRow,
  taken: { readonly clock: Clock; readonly missing: readonly string[] },
  lifeOf: (node: string) => Life,
  violations: Violations,
): void {
  const { node, owner, state, durable } = copy;
  const { missing } = taken;
  if (missing.includes(node) || durable === undefined) return;
  const now = livesOf(copy, lifeOf);
  if (now.some((life, index) => life !== lives[index])) return;
  if (missing.includes(owner) && now[1] !== undefined) return;
  if (!coversClock(durable.record.clock, clock) || coversClock(taken.clock, clock)) return;
  violations.report("snapshot-lacks-row", () => ({
    anomaly: "a snapshot lacks what a node held all the time",
    detail: `Node ${node} held a row${owner === node ? "" : ` for ${owner}`} from before it began until it ended, and what is in it does not cover that; missing were ${missing.join(", ") || "none"}`,
    key: state.name,
  }));
}

function livesOf({ node, owner }: Copy, lifeOf: (node: string) => Life): readonly Life[] {
  return [lifeOf(node), lifeOf(owner)];
}
