import type { SeededRandom } from "../../../src/base/seeded-random.ts";
import type { SimFault } from "../../drivers/sim/world-plan.ts";
import { wholeBetween } from "../chance.ts";
import { crash, linksBetween, storiesOf } from "./story.ts";

/** What a disk does not take while it is full, though everybody sees it already. */
export const FULL_DISKS = storiesOf({
  /** Whatever was acknowledged out of a write buffer is still to be had when its flush has failed. */
  "flushes-that-fail": (random) => ({
    operations: 120,
    coldKeys: wholeBetween(random, 20, 40),
    run: { rate: 40, seconds: 5, writeBufferObjects: 1_000 },
    world: {
      settings: {
        writeBufferFlushMs: wholeBetween(random, 100, 400),
        durableGatherMs: 5,
        antiEntropyMs: 1_000,
      },
    },
    faults: [500, 1_200, 1_900, 2_600, 3_300, 4_000].map((startMs, turn) =>
      full(`n${1 + (turn % 3)}`, startMs, random),
    ),
  }),
  /**
   * The disk of a new owner fills up again and again while it takes its ranges over, and takes long to say so: it shows rows that others bring and that it will not have.
   * One of the old owners was down when they were written, nobody had room for a hint, and it reaches nobody.
   */
  "new-owner-whose-disk-fills-up": (random) => ({
    operations: 20,
    coldKeys: wholeBetween(random, 12, 20),
    run: { nodes: 4, quorum: "strict", rate: 10, seconds: 6 },
    world: {
      spares: 1,
      settings: { gossipMs: 60, antiEntropyMs: 60, requestTimeoutMs: 3_000, hintsMax: 0 },
    },
    faults: [
      crash("n2", 100, 3_500),
      {
        kind: "cut",
        method: "closed",
        startMs: 3_500,
        endMs: 12_000,
        links: linksBetween("n2", ["n1", "n3", "n4", "n5"]),
      },
      { kind: "join", startMs: 3_600, node: "n5" },
      { kind: "slow-disk", startMs: 3_700, endMs: 8_000, node: "n5", readMs: 0, writeMs: 300 },
      ...[3_800, 4_600, 5_400, 6_200, 7_000].map((startMs) => full("n5", startMs, random)),
    ],
  }),
});

function full(node: string, fromMs: number, random: SeededRandom): SimFault {
  const startMs = fromMs + wholeBetween(random, 0, 50);
  return { kind: "full-disk", node, startMs, endMs: startMs + wholeBetween(random, 350, 450) };
}
