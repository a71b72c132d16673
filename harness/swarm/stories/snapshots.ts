import type { SeededRandom } from "../../../src/base/seeded-random.ts";
import { wholeBetween } from "../chance.ts";
import type { Story } from "./story.ts";
import { crash, storiesOf } from "./story.ts";

/** Snapshots of a cluster whose copies are where a snapshot that is taken carelessly would miss them. */
export const SNAPSHOTS = storiesOf({
  /** Hints are all that is left of many writes: two nodes are down, and one is not asked. */
  "snapshot-of-hints": (random) =>
    snapshot(random, {
      operations: 800,
      run: { nodes: 5, rate: 300, carts: 40 },
      faults: [crash("n2", 200, 4_000), crash("n3", 200, 4_000)],
    }),
  "snapshot-of-buffers": (random) =>
    snapshot(random, {
      operations: 800,
      run: { nodes: 5, rate: 300, carts: 40, writeBufferObjects: 1_000 },
    }),
  /** Each write is at n1, which is not asked, and with a hint for n2, which takes its hints one after the other. Reading takes long. */
  "snapshot-of-delivered-hints": (random) =>
    snapshot(random, {
      operations: 300,
      run: { nodes: 4, n: 2, r: 1, w: 2, carts: 80 },
      world: {
        diskRead: { minMs: 20, meanMs: 100 },
        settings: { hintDeliveryBytesPerSecond: 200_000 },
      },
      faults: [crash("n2", 200, 1_000)],
    }),
});

/** Acknowledgements go on while it is taken, and it is restored and written to (`check-restore.ts`). */
function snapshot(random: SeededRandom, story: Story): Story {
  return {
    ...story,
    adversaryRequests: wholeBetween(random, 20, 120),
    coldKeys: wholeBetween(random, 5, 60),
    snapshot: { startMs: 1_500, partitionsAtOnce: 16, leftOut: ["n1"], restoredPartitions: 31 },
  };
}
