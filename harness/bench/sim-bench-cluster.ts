import type { SeededRandom } from "../../src/base/seeded-random.ts";
import type { Assertions } from "../../src/env/assertions.ts";
import { CALM_WORLD } from "../drivers/sim/calm-world.ts";
import type { SimClusterOptions } from "../drivers/sim/sim-cluster.ts";
import { SimCluster } from "../drivers/sim/sim-cluster.ts";

export interface SimBenchOptions {
  readonly seed: number | string;
  readonly plan?: Partial<SimClusterOptions["plan"]>;
  readonly world?: Partial<SimClusterOptions["world"]>;
  readonly diskBytesPerSecond?: number;
  readonly onBytes?: SimClusterOptions["onBytes"];
}

/** What the store says of itself is judged by swarms. */
const IGNORED: Assertions = { always() {}, sometimes() {}, reachable() {} };

/**
 * A simulated cluster to measure, not started: five nodes, N=3 R=2 W=2, synced disks, unless the plan says otherwise. In virtual time, so
 * that its figures are the same on any machine; processor time costs nothing.
 */
export function simBenchCluster({
  seed,
  plan,
  world,
  diskBytesPerSecond,
  onBytes,
}: SimBenchOptions): SimCluster {
  return new SimCluster({
    plan: {
      nodes: 5,
      n: 3,
      r: 2,
      w: 2,
      partitions: 64,
      quorum: "sloppy",
      versioning: "dvvset",
      engine: "lmdb",
      ...plan,
    },
    world: { ...CALM_WORLD, ...world },
    seed,
    assertions: IGNORED,
    onCrash: (node, error) => {
      throw new Error(`Cannot go on: node ${node} crashed by itself`, { cause: error });
    },
    keepsLogs: false,
    ...(onBytes === undefined ? {} : { onBytes }),
    ...(diskBytesPerSecond === undefined ? {} : { diskBytesPerSecond }),
  });
}

/** How disks stall now and then, as a flush does that waits for others': every node by itself. */
export interface DiskStalls {
  /** From one stall of a disk to its next, on average. */
  readonly everyMs: number;
  /** How many of them happen at this time, 0 to 1; absent: all. */
  readonly shareNow?: () => number;
  readonly lastsMs: number;
  /** What each read and each commit that begins during a stall takes longer. */
  readonly readMs: number;
  readonly writeMs: number;
}

/** Begins the stalls of all disks; the function returned ends them. */
export function stallDisks(
  { simNodes, scheduler }: SimCluster,
  { everyMs, shareNow, lastsMs, readMs, writeMs }: DiskStalls,
  random: SeededRandom,
): () => void {
  let isOver = false;
  for (const [node, { disk }] of simNodes) {
    const chance = random.fork(node);
    const stallLater = (): void => {
      scheduler.setTimer(-Math.log(1 - chance.float()) * everyMs, () => {
        if (isOver) return;
        if (shareNow === undefined || chance.float() < shareNow())
          disk.setSlow({ readMs, writeMs });
        scheduler.setTimer(lastsMs, () => {
          disk.setSlow(undefined);
          stallLater();
        });
      });
    };
    stallLater();
  }
  return () => {
    isOver = true;
  };
}

/** So much virtual time. */
export function passTime({ scheduler }: SimCluster, ms: number): Promise<void> {
  return new Promise((resolve) => scheduler.setTimer(ms, resolve));
}
