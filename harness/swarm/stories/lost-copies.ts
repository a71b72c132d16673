import type { SimFault } from "../../drivers/sim/world-plan.ts";
import { crash, storiesOf } from "./story.ts";

/** Copies that a node was thought to have, and lost: to a full disk, or with what its buffer alone held. */
export const LOST_COPIES = storiesOf({
  /**
   * A write comes twice at once, and while its repeat looks for hints, which takes long, the disk fails the first. Each node has kept
   * hints of its keys since the other's disk was full, and delivers them late; then each disk is full in turn, for a moment.
   */
  "repeats-of-lost-writes": () => ({
    operations: 200,
    adversaryRequests: 2_000,
    run: { n: 2, r: 1, quorum: "strict", rate: 20, seconds: 10 },
    world: {
      diskWrite: { minMs: 5, meanMs: 15 },
      diskRead: { minMs: 5, meanMs: 30 },
      settings: { writeCoordinator: "first-owner", hintScanMs: 12_000, antiEntropyMs: 0 },
    },
    faults: [...fullInTurn(0, 3, 700), ...fullInTurn(2_100, 120, 60)],
  }),
  /**
   * n2 keeps hints of the many keys of the two others, delivers them, and loses power much later, with all that its buffer alone held.
   * Long, so that some of these keys are deleted meanwhile, and left alone until their tombstones are collected.
   */
  "delivered-hints-after-crashes": () => ({
    operations: 20,
    adversaryRequests: 1_300,
    run: { n: 2, r: 1, rate: 1, seconds: 400, writeBufferObjects: 1_000 },
    world: {
      settings: { writeBufferFlushMs: 60_000, durableGatherMs: 5, tombstoneGraceMs: 5_500 },
    },
    faults: Array.from({ length: 26 }, (_, at) => 15_000 * at).flatMap((fromMs) => [
      ...[0, 5_000, 10_000].flatMap((afterMs) => [
        pause("n1", fromMs + afterMs + 200),
        pause("n3", fromMs + afterMs + 2_200),
      ]),
      { ...crash("n2", fromMs + 14_000, fromMs + 14_200), power: true },
    ]),
  }),
});

function pause(node: string, startMs: number): SimFault {
  return { kind: "pause", startMs, endMs: startMs + 800, node };
}

/** One disk after the other, each for so long. */
function fullInTurn(fromMs: number, count: number, durationMs: number): readonly SimFault[] {
  return Array.from({ length: count }, (_, turn) => {
    const startMs = fromMs + turn * durationMs;
    return { kind: "full-disk", startMs, endMs: startMs + durationMs, node: `n${1 + (turn % 3)}` };
  });
}
