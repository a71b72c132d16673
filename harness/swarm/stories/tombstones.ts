import type { SeededRandom } from "../../../src/base/seeded-random.ts";
import { linkName } from "../../cluster/contract.ts";
import { nodeNames } from "../../cluster/node-names.ts";
import { pairsOf } from "../../nemesis/probes.ts";
import { wholeBetween } from "../chance.ts";
import type { Story } from "./story.ts";
import { restart, storiesOf } from "./story.ts";

/**
 * Tombstones that must not be collected yet, since somebody still has an older value (K-12). Nodes go in order: after a crash one
 * would keep all tombstones for a grace, since it may have dropped hints, and nothing else would have to.
 */
export const TOMBSTONES = storiesOf({
  /**
   * Hints of values are delivered so slowly that the values are deleted meanwhile, and their tombstones wait for a whole grace. All the
   * while keys are written again, and one node is far away, so that much comes between what the others answered and what they are
   * told then. Whoever still had a row that is gone would begin again where it ended.
   */
  "tombstones-before-hints": (random) => {
    const nodes = 8;
    const far = "n8";
    const slow = pairsOf(nodeNames(nodes)).filter(({ from, to }) => from === far || to === far);
    return tombstones(random, {
      run: { nodes },
      world: {
        links: Object.fromEntries(
          slow.map((link) => [linkName(link), { minMs: 250, meanMs: 250 }]),
        ),
        settings: {
          requestTimeoutMs: 1_500,
          hedgeMs: 1_000,
          hintDeliveryBytesPerSecond: wholeBetween(random, 11_000, 14_000),
          rowCacheBytes: 4_000_000,
        },
      },
      faults: [restart("n1", 200, 1_500)],
    });
  },
  /**
   * A node was down when what it holds was deleted, nobody had room for a hint, and since it is back, its disk is so slow that it
   * answers too late whatever takes a look at a row: it is up, and silent.
   */
  "tombstones-of-a-silent-node": (random) =>
    tombstones(random, {
      world: { settings: { requestTimeoutMs: 500, retryDownMs: 20, hintsMax: 0 } },
      faults: [
        restart("n1", 2_000, 4_000),
        { kind: "slow-disk", startMs: 4_000, endMs: 24_000, node: "n1", readMs: 700, writeMs: 0 },
      ],
    }),
});

/** Nothing but the collector brings to a node what it lacks of a key that nobody reads. */
function tombstones(
  random: SeededRandom,
  { run, world = {}, faults }: Pick<Story, "world" | "faults"> & Partial<Pick<Story, "run">>,
): Story {
  // Three deadlines of a client and six ways to the farthest node: nothing is under way for longer.
  const tombstoneGraceMs = wholeBetween(random, 6_000, 8_000);
  return {
    operations: 100,
    deletedKeys: wholeBetween(random, 80, 110),
    run: { rate: 10, seconds: 24, ...run },
    world: { ...world, settings: { antiEntropyMs: 0, tombstoneGraceMs, ...world.settings } },
    ...(faults && { faults }),
  };
}
