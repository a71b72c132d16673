import { wholeBetween } from "../chance.ts";
import { crash, storiesOf } from "./story.ts";

const CHANGE_MS = 4_000;

/** Nodes that leave a static ring, while others keep what is theirs. */
export const LEAVING = storiesOf({
  /**
   * n4 dies early, so that of many keys, which nobody reads, others keep hints for it; then the rest starts without it, and each hint
   * belongs to all of its key's new owners. One of them, n1, was down meanwhile and comes late. Nothing but hints brings anything
   * to anybody. All of N acknowledge each write, so that some new owner has whatever is not in a hint (`removals.ts`).
   */
  "hints-of-a-node-that-left": (random) => ({
    operations: 60,
    coldKeys: wholeBetween(random, 60, 120),
    run: { nodes: 5, w: 3, rate: 10, seconds: 6 },
    world: { settings: { antiEntropyMs: 0, hintScanMs: 200, retryDownMs: 100 } },
    faults: [
      { kind: "remove", startMs: 100, endMs: CHANGE_MS, node: "n4" },
      crash("n1", CHANGE_MS - 100, CHANGE_MS + wholeBetween(random, 500, 1_500)),
    ],
  }),
});
