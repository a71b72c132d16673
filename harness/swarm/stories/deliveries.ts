import type { SimFault } from "../../drivers/sim/world-plan.ts";
import { linksBetween, storiesOf } from "./story.ts";

/** When n2 cannot reach n1: often at first, then so seldom that the longest wait after a failure has room in between. */
const FROM_MS = [
  ...Array.from({ length: 7 }, (_, at) => 1_000 + 3_000 * at),
  ...Array.from({ length: 7 }, (_, at) => 22_000 + 13_000 * at),
];
const RATE = 30;
const SECONDS = 113;

/** Hints on their way to their owners. */
export const DELIVERIES = storiesOf({
  /** n3 never reaches n1, so that n2 has hints to deliver all the time. Now and then that fails for a moment, and goes on. */
  "failures-between-deliveries": () => ({
    operations: RATE * SECONDS,
    run: { n: 2, r: 1, w: 2, rate: RATE, carts: 150, seconds: SECONDS },
    world: {
      network: { minMs: 0.1, meanMs: 0.2 },
      diskWrite: { minMs: 0.1, meanMs: 0.3 },
      settings: { requestTimeoutMs: 150, retryDownMs: 60, hintScanMs: 390 },
    },
    faults: [
      cutOff("n3", 0, 1_000 * SECONDS),
      ...FROM_MS.map((fromMs) => cutOff("n2", fromMs, fromMs + 450)),
    ],
  }),
});

function cutOff(node: string, startMs: number, endMs: number): SimFault {
  const links = linksBetween(node, ["n1"]);
  return { kind: "cut", method: "black-hole", startMs, endMs, links };
}
