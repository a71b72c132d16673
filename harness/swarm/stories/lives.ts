import type { SimFault } from "../../drivers/sim/world-plan.ts";
import type { Story } from "./story.ts";
import { crash, restart, storiesOf } from "./story.ts";

/** Nodes that start again, and must not mint a dot of an earlier life (K-6, K-7, kv679). */
export const LIVES = storiesOf({
  /**
   * n1 crashes in a life that went on, and its only peer comes back from a backup of the life before, so that n1 alone can tell that it
   * must not go on again.
   */
  "lives-after-crashes": () => ({
    ...lives(
      [500, 2_500, 4_500, 6_500, 8_500].flatMap((fromMs) => [
        restart("n1", fromMs, fromMs + 300),
        crash("n1", fromMs + 1_200, fromMs + 1_600),
        {
          kind: "restore",
          startMs: fromMs + 1_210,
          endMs: fromMs + 1_400,
          node: "n2",
          snapshotMs: fromMs + 299,
        },
      ]),
    ),
    adversaryRequests: 2_000,
    run: { nodes: 2, n: 2, r: 1, rate: 10, seconds: 10, carts: 2 },
  }),
  /**
   * n3 stands in for n1, writes in rows of hints, which go when n1 is back, and stops: it begins such a row anew in each life. Nodes do one
   * request at a time, and refuse what would have to wait for another that waits.
   */
  "lives-after-restarts": () => ({
    operations: 100,
    adversaryRequests: 2_000,
    run: { n: 2, r: 1, rate: 10, seconds: 20 },
    world: {
      diskWrite: { minMs: 5, meanMs: 20 },
      settings: {
        hintScanMs: 100,
        retryDownMs: 50,
        antiEntropyMs: 0,
        inFlightMax: 1,
        stageQueueMax: 1,
      },
    },
    faults: Array.from({ length: 9 }, (_, at) => 500 + 2_000 * at).flatMap((fromMs) => [
      restart("n1", fromMs, fromMs + 700),
      restart("n3", fromMs + 1_400, fromMs + 1_500),
    ]),
  }),
  /** A backup of the stopped node comes back three times over later lives. */
  "lives-after-backups": () =>
    lives([
      restart("n1", 1_000, 2_200),
      ...[4_000, 6_000, 8_000].map(
        (startMs): SimFault => ({
          kind: "restore",
          startMs,
          endMs: startMs + 300,
          node: "n1",
          snapshotMs: 2_199,
        }),
      ),
    ]),
  /**
   * What the disk lost nobody brings back before the node mints again: peers are faster than it, so no client repeats a write
   * and nobody keeps a hint, and n3 coordinates all writes of keys that the adversary likes. The disk has room again when it stops.
   */
  "lives-after-full-disks": () => {
    const faults = FULL_MS.flatMap((startMs): SimFault[] => [
      { kind: "full-disk", startMs, endMs: startMs + 430, node: "n3" },
      restart("n3", startMs + 400, startMs + 401),
    ]);
    const slow = { kind: "slow-disk", startMs: 0, endMs: 10_000, readMs: 0, writeMs: 20 } as const;
    return {
      ...lives([{ ...slow, node: "n3" }, ...faults]),
      world: { settings: { writeCoordinator: "first-owner" } },
    };
  },
});

const FULL_MS = [600, 1_600, 2_600, 3_600, 4_600, 5_600, 6_600, 7_600] as const;

/**
 * A node mints again where it has forgotten only if it gets a write before the repair of its row: so few carts, whose clients read first,
 * and many blind writes of the adversary, over a slow disk, so that a crash takes what peers have already (kv679).
 */
function lives(faults: readonly SimFault[]): Story {
  return {
    operations: 100,
    adversaryRequests: 500,
    run: { rate: 10, seconds: 10, carts: 2 },
    world: { diskWrite: { minMs: 5, meanMs: 30 } },
    faults,
  };
}
