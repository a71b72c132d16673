import type { SeededRandom } from "../../src/base/seeded-random.ts";
import type { SimFault, WorldPlan } from "../drivers/sim/world-plan.ts";
import { PATIENCE } from "../run/stores.ts";
import { chance, wholeBetween } from "./chance.ts";

const COLLECTING_SHARE = 0.6;
/** Deadlines of a request that waits for a request: a client's, its coordinator's, that of a hint delivered for it. */
const DEADLINES = 3;

/**
 * The world, in most seeds with a time after which tombstones are collected. It must be longer than anything can be on
 * its way (configuration, `tombstoneGraceMs`), so it outlasts the faults that hold something back, one after the other,
 * and every deadline.
 */
export function withGrace(
  random: SeededRandom,
  world: WorldPlan,
  faults: readonly SimFault[],
): WorldPlan {
  if (!chance(random, COLLECTING_SHARE)) return world;
  // A backup older than the grace would bring back what was deleted.
  if (faults.some(({ kind }) => kind === "restore")) return world;
  const { settings, network, links, diskRead, diskWrite } = world;
  const slowestMs = Math.max(
    ...[network, ...Object.values(links), diskRead, diskWrite].map(({ meanMs }) => meanMs),
  );
  const deadlineMs = Math.max(settings.requestTimeoutMs ?? 0, PATIENCE.timeoutMs);
  const leastMs = longestHoldMs(faults) + DEADLINES * deadlineMs + 100 * slowestMs;
  const tombstoneGraceMs = Math.ceil(leastMs * (1 + wholeBetween(random, 0, 100) / 100));
  return { ...world, settings: { ...settings, tombstoneGraceMs } };
}

/** The longest time that faults last without a pause between one and the next. */
export function longestHoldMs(faults: readonly SimFault[]): number {
  const spans = faults
    .flatMap((fault) => ("endMs" in fault ? [fault] : []))
    .sort((one, other) => one.startMs - other.startMs);
  let longestMs = 0;
  let startMs = 0;
  let endMs = -1;
  for (const span of spans) {
    if (span.startMs > endMs) startMs = span.startMs;
    endMs = Math.max(endMs, span.endMs);
    longestMs = Math.max(longestMs, endMs - startMs);
  }
  return longestMs;
}
