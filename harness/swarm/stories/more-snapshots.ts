import { wholeBetween } from "../chance.ts";
import { crash, linksBetween, storiesOf } from "./story.ts";

const RESTORED = { partitionsAtOnce: 64, restoredPartitions: 31 } as const;

/** What the snapshots of `snapshots.ts` show seldom, since few of their rows are in the one place that matters. */
export const MORE_SNAPSHOTS = storiesOf({
  /** Nobody has room for hints, so that many writes have two copies: one is at a node that is not asked, one at a node that is down by now. */
  "snapshot-without-both-copies": (random) => ({
    operations: 200,
    coldKeys: wholeBetween(random, 60, 120),
    run: { carts: 6 },
    world: { settings: { hintsMax: 0, antiEntropyMs: 0 } },
    snapshot: { ...RESTORED, startMs: wholeBetween(random, 2_300, 2_600), leftOut: ["n1"] },
    faults: [crash("n3", 100, 2_200), crash("n2", wholeBetween(random, 2_000, 2_150), 5_000)],
  }),
  /** Each write is at n1, which is not asked, and with a hint for n2, which takes many of them while n4 takes long to show its rows. */
  "snapshot-while-hints-are-delivered": (random) => {
    const startMs = wholeBetween(random, 2_150, 2_250);
    return {
      operations: 300,
      coldKeys: wholeBetween(random, 200, 250),
      run: { nodes: 4, n: 2, r: 1, w: 2 },
      world: {
        settings: { hintDeliveryBytesPerSecond: 1_000_000, hintScanMs: 100, retryDownMs: 50 },
      },
      snapshot: { ...RESTORED, startMs, leftOut: ["n1"] },
      faults: [
        crash("n2", 200, 2_000),
        { kind: "slow-disk", startMs, endMs: startMs + 600, node: "n4", readMs: 500, writeMs: 0 },
      ],
    };
  },
  /** All who know of a join that is complete are silent, who joined among them; n2 counts what it misses by the members of before. */
  "snapshot-behind-a-join": (random) => {
    const silentMs = wholeBetween(random, 2_000, 2_500);
    return {
      operations: 300,
      run: { nodes: 2, n: 2, r: 1, w: 2, partitions: 64, carts: 12 },
      world: { spares: 1, settings: { gossipMs: 100, antiEntropyMs: 100 } },
      snapshot: { ...RESTORED, startMs: silentMs + wholeBetween(random, 50, 150), leftOut: [] },
      faults: [
        {
          kind: "cut",
          method: "closed",
          startMs: wholeBetween(random, 200, 400),
          endMs: 8_000,
          links: linksBetween("n2", ["n1", "n3"]),
        },
        { kind: "join", startMs: wholeBetween(random, 450, 600), node: "n3" },
        crash("n1", silentMs, 5_000),
        crash("n3", silentMs, 5_000),
      ],
    };
  },
});
