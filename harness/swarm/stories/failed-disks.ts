import { nodeNames } from "../../cluster/node-names.ts";
import type { SimFault } from "../../drivers/sim/world-plan.ts";
import { wholeBetween } from "../chance.ts";
import { storiesOf } from "./story.ts";

const NODES = 3;

/** Disks that fail for good, under nodes that are started again on one that is well (`fault-kinds.ts`: nothing else draws them). */
export const FAILED_DISKS = storiesOf({
  /** Again and again that of one node, below a write buffer: W = 2 have what it had acknowledged and not stored, so that nothing is lost. */
  "disks-that-fail-below-buffers": (random) => {
    const node = random.pick(nodeNames(NODES));
    return {
      operations: 300,
      adversaryRequests: wholeBetween(random, 200, 300),
      coldKeys: wholeBetween(random, 20, 40),
      run: { nodes: NODES, rate: 80, seconds: 5, writeBufferObjects: 1_000 },
      world: {
        diskWrite: { minMs: 1, meanMs: 6 },
        settings: {
          writeBufferFlushMs: wholeBetween(random, 100, 400),
          durableGatherMs: 5,
          antiEntropyMs: 1_000,
        },
      },
      faults: Array.from({ length: 10 }, (_, turn): SimFault => {
        const startMs = 400 + 440 * turn + wholeBetween(random, 0, 60);
        const endMs = startMs + wholeBetween(random, 300, 370);
        return { kind: "failed-disk", node, startMs, endMs };
      }),
    };
  },
});
