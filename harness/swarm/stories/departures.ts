import { wholeBetween } from "../chance.ts";
import { storiesOf } from "./story.ts";

/** Members that leave a cluster that goes on. */
export const DEPARTURES = storiesOf({
  /** All that a node leaves behind goes to owners that take one write at a time, and none that would have to wait. */
  "rows-for-owners-without-room": (random) => ({
    operations: 500,
    coldKeys: wholeBetween(random, 30, 60),
    run: {
      nodes: 5,
      n: 4,
      r: 1,
      w: 3,
      engine: "memory",
      rate: 250,
      seconds: 2,
      clients: 20,
      carts: 12,
    },
    world: {
      network: { minMs: 1, meanMs: 8 },
      settings: {
        gossipMs: wholeBetween(random, 100, 300),
        antiEntropyMs: 1_500,
        peerWritesMax: 1,
        stageQueueMax: 0,
      },
    },
    faults: [{ kind: "leave", startMs: wholeBetween(random, 200, 600), node: "n4" }],
  }),
  /**
   * A node that leaves, and one that is to receive of it, are held up until the others, who have what they need, take both for dead; then both go on
   * where they were, and the one has left before anybody looks again.
   */
  "departed-while-suspected": (random) => ({
    operations: 900,
    coldKeys: wholeBetween(random, 10, 30),
    run: { nodes: 4, n: 1, r: 1, w: 1, rate: 200, seconds: 5, clients: 16, carts: 20 },
    world: {
      settings: { gossipMs: 200, antiEntropyMs: 60, requestTimeoutMs: 400, retryDownMs: 4_000 },
    },
    faults: [
      { kind: "leave", startMs: 1_000, node: "n4" },
      { kind: "pause", startMs: 1_020, endMs: 2_300, node: "n3" },
      {
        kind: "pause",
        startMs: wholeBetween(random, 1_220, 1_280),
        endMs: wholeBetween(random, 2_290, 2_310),
        node: "n4",
      },
    ],
  }),
});
