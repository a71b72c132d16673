import { nodeNames } from "../../cluster/node-names.ts";
import type { SimFault } from "../../drivers/sim/world-plan.ts";
import { pairsOf } from "../../nemesis/probes.ts";
import { storiesOf } from "./story.ts";

const NODES = 4;

/** Writes that nodes forward to others. */
export const FORWARDS = storiesOf({
  /**
   * Each key has one owner, whose answers now and then come too late to whoever forwards a write to it: it is done in silence. The node
   * that forwards it then tries it itself, and has no room for the hint that it would be, which it says for certain.
   */
  "refusals-after-silence": () => ({
    operations: 100,
    adversaryRequests: 1_500,
    run: { nodes: NODES, n: 1, r: 1, w: 1, rate: 10, seconds: 10 },
    world: { settings: { requestTimeoutMs: 250, retryDownMs: 20, hintsMax: 0 } },
    faults: Array.from(
      { length: 16 },
      (_, at): SimFault => ({
        kind: "slow",
        startMs: 200 + 600 * at,
        endMs: 500 + 600 * at,
        links: pairsOf(nodeNames(NODES)),
        latencyMs: 150,
        jitterMs: 0,
      }),
    ),
  }),
});
