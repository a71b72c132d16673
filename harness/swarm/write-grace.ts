import type { DelayPlan } from "../drivers/sim/world-plan.ts";
import type { SimPlan } from "./sim-plan.ts";

/** A delay drawn at random is this often its mean, above its minimum, once in e to that power draws. */
const TAIL = 12;
/** Rows looked up one after another before a write of a key has its turn: those of the writes before it, and hints beside them. */
const READS = 10;
/** Commits that the key's row is held for meanwhile: those of delivered hints that go, each behind the one under way. */
const COMMITS = 4;

/**
 * How long after its deadline a write may still be answered, in milliseconds: before a coordinator waits for anybody it takes its turn on the
 * key's row, and how long its own disk keeps it there no deadline says.
 */
export function writeGraceMs({
  world: { diskRead, diskWrite },
  faults,
}: Pick<SimPlan, "world" | "faults">): number {
  let readMs = longestMs(diskRead);
  let writeMs = longestMs(diskWrite);
  for (const fault of faults) {
    if (fault.kind !== "slow-disk") continue;
    readMs += fault.readMs;
    writeMs += fault.writeMs;
  }
  return READS * readMs + COMMITS * writeMs;
}

function longestMs({ minMs, meanMs }: DelayPlan): number {
  return minMs + TAIL * (meanMs - minMs);
}
