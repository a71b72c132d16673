import { wholeBetween } from "../chance.ts";
import { crash, storiesOf } from "./story.ts";

/** What is reckoned by the members of one moment, and stands when there are more. */
export const MORE_MEMBERS = storiesOf({
  /**
   * n3 takes so long with what it keeps for others that meanwhile ranges go to a new node, which nobody asks, and their rows from their old owners. Each key
   * has one owner.
   */
  "snapshot-while-a-node-joins": (random) => ({
    operations: 40,
    coldKeys: wholeBetween(random, 100, 140),
    run: { nodes: 3, n: 1, r: 1, w: 1, rate: 10, seconds: 4, carts: 2, clients: 2 },
    world: { spares: 1, settings: { gossipMs: 40, antiEntropyMs: 40 } },
    snapshot: { startMs: 1_000, partitionsAtOnce: 1_024, leftOut: [], restoredPartitions: 31 },
    faults: [
      { kind: "slow-disk", startMs: 1_000, endMs: 1_035, node: "n3", readMs: 1_400, writeMs: 0 },
      { kind: "join", startMs: 1_040, node: "n4" },
    ],
  }),
  /** Three founders, of which each has delivered hints already, and three more, when two of the founders were away for long. */
  "hints-from-more-members": (random) => ({
    operations: 900,
    coldKeys: wholeBetween(random, 20, 40),
    run: { nodes: 3, n: 3, r: 1, w: 2, rate: 100, seconds: 9, carts: 60, clients: 8 },
    world: {
      spares: 3,
      settings: {
        gossipMs: 40,
        antiEntropyMs: 100,
        hintDeliveryBytesPerSecond: wholeBetween(random, 30_000, 40_000),
      },
    },
    faults: [
      crash("n2", 200, 600),
      ...[900, 1_400, 1_900].map(
        (startMs, at) => ({ kind: "join", startMs, node: `n${4 + at}` }) as const,
      ),
      crash("n2", 4_000, 5_500),
      crash("n3", 4_000, 5_500),
    ],
  }),
});
