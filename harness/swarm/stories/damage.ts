import { wholeBetween } from "../chance.ts";
import { storiesOf } from "./story.ts";

/** Disks that damage rows. */
export const DAMAGE = storiesOf({
  /**
   * A disk damages rows that the node has in memory, until a pass over all of them finds that out. Nobody reads them again before the
   * end, and nothing is repeated, so that no copy is acknowledged that memory alone has (`draw-row-cache.ts`).
   */
  "damage-below-caches": (random) => ({
    operations: 100,
    coldKeys: wholeBetween(random, 100, 300),
    run: { rate: 10, seconds: 10 },
    world: { settings: { antiEntropyMs: 500, verifyTreesMs: 300, rowCacheBytes: 4_000_000 } },
    faults: Array.from({ length: 70 }, (_, at) => ({
      kind: "corrupt",
      startMs: 1_000 + 100 * at,
      node: "n1",
    })),
  }),
  /** Disks damage rows that are read at once, each node for itself and for the others, and that are written again. */
  "reads-of-damaged-rows": () => ({
    operations: 400,
    adversaryRequests: 400,
    run: { nodes: 4, r: 1, w: 3, rate: 100, seconds: 4, carts: 12 },
    world: { settings: { antiEntropyMs: 0 } },
    faults: Array.from({ length: 60 }, (_, at) => ({
      kind: "corrupt",
      startMs: 500 + 50 * at,
      node: `n${1 + (at % 2)}`,
    })),
  }),
});
