import { storiesOf } from "./story.ts";

/** Writes of which the last one wins. */
export const LAST_WRITES = storiesOf({
  /**
   * Clocks are equal to the millisecond, the network is faster than that, and two clients who write blind to one key at once find two
   * coordinators. Whichever writes of a key come last, in a few of the keys they came at the same time.
   */
  "ties-of-last-writes": () => ({
    operations: 100,
    adversaryRequests: 1_000,
    run: { nodes: 5, n: 5, r: 1, w: 3, versioning: "lww", rate: 50, seconds: 4 },
    world: { network: { minMs: 0.01, meanMs: 0.03 }, diskWrite: { minMs: 0.01, meanMs: 0.03 } },
  }),
});
