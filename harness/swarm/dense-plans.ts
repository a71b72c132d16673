/*
 * Problem: some bugs need several things in a row, on one node or on one key, and plans whose parts are drawn one by one meet that in few of
 * thousands. Sketch: a plan of a family has the story fixed, many times over or for many keys at once, and the seed draws what happens
 * besides. One seed in five is of these (`plan-of-seed.ts`), and the tests of what the stories are about run them too.
 */

import { SeededRandom } from "../../src/base/seeded-random.ts";
import { linkName } from "../cluster/contract.ts";
import { CALM_WORLD } from "../drivers/sim/calm-world.ts";
import type { SimFault, WorldPlan } from "../drivers/sim/world-plan.ts";
import type { Plan } from "../run/plan.ts";
import { wholeBetween } from "./chance.ts";
import { nodeLinks, nodeNames } from "./cluster-names.ts";
import { judged } from "./plan-expectation.ts";
import type { SimPlan } from "./sim-plan.ts";

type Extras = Pick<SimPlan, "adversaryRequests" | "coldKeys" | "deletedKeys" | "snapshot">;

interface Story extends Extras {
  readonly operations: number;
  readonly run: Partial<Plan>;
  readonly world?: Partial<WorldPlan>;
  readonly faults?: readonly SimFault[];
  readonly core?: readonly string[];
}

/** The plan of a family and a seed. Pure. */
export function densePlan(family: DenseFamily, seed: number): SimPlan {
  const story: Story = STORIES[family](new SeededRandom(seed).fork("dense plan"));
  const { run, world: changes, faults = [], core = [], ...others } = story;
  const world = { ...CALM_WORLD, ...changes };
  const whole = { ...SMALL_RUN, seed, ...run };
  return {
    format: "ringside-sim-plan",
    version: 1,
    seed,
    run: judged(whole, world, faults),
    ...others,
    world,
    faults,
    core,
  };
}

const SMALL_RUN: Omit<Plan, "beyondBudget" | "expects"> = {
  format: "ringside-plan",
  version: 1,
  workload: "shopping-cart",
  cluster: "sim",
  nodes: 3,
  n: 3,
  r: 2,
  w: 2,
  partitions: 16,
  quorum: "sloppy",
  versioning: "dvvset",
  reconcile: "union",
  engine: "lmdb",
  nemesis: ["none"],
  rate: 100,
  clients: 6,
  carts: 3,
  clientsRoam: true,
  seconds: 3,
  seed: 1,
  toxiproxyUrl: undefined,
  slo: undefined,
};

const STORIES = byName({
  /**
   * n1 crashes in a life that went on, and its only peer comes back from a backup of the life before, so that n1 alone can tell that it
   * must not go on again.
   */
  "lives-after-crashes": () => ({
    ...lives(
      [500, 2_500, 4_500, 6_500, 8_500].flatMap((fromMs) => [
        restart(fromMs, fromMs + 300),
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
      { kind: "restart", startMs: fromMs, endMs: fromMs + 700, node: "n1" },
      { kind: "restart", startMs: fromMs + 1_400, endMs: fromMs + 1_500, node: "n3" },
    ]),
  }),
  /** A backup of the stopped node comes back three times over later lives. */
  "lives-after-backups": () =>
    lives([
      restart(1_000, 2_200),
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
      { kind: "restart", startMs: startMs + 400, endMs: startMs + 401, node: "n3" },
    ]);
    const slow = { kind: "slow-disk", startMs: 0, endMs: 10_000, readMs: 0, writeMs: 20 } as const;
    return {
      ...lives([{ ...slow, node: "n3" }, ...faults]),
      world: { settings: { writeCoordinator: "first-owner" } },
    };
  },
  /**
   * A write comes twice at once, and while its repeat looks for hints, which takes long, the disk fails the first. Each node has kept
   * hints of its keys since the other's disk was full, and delivers them late; then each disk is full in turn, for a moment.
   */
  "repeats-of-lost-writes": () => ({
    operations: 200,
    adversaryRequests: 2_000,
    run: { n: 2, r: 1, quorum: "strict", rate: 20, seconds: 10 },
    world: {
      diskWrite: { minMs: 5, meanMs: 15 },
      diskRead: { minMs: 5, meanMs: 30 },
      settings: { writeCoordinator: "first-owner", hintScanMs: 12_000, antiEntropyMs: 0 },
    },
    faults: [...fullInTurn(0, 3, 700), ...fullInTurn(2_100, 120, 60)],
  }),
  /**
   * n2 keeps hints of the many keys of the two others, delivers them, and loses power much later, with all that its buffer alone held.
   * Long, so that some of these keys are deleted meanwhile, and left alone until their tombstones are collected.
   */
  "delivered-hints-after-crashes": () => ({
    operations: 20,
    adversaryRequests: 1_300,
    run: { n: 2, r: 1, rate: 1, seconds: 400, writeBufferObjects: 1_000 },
    world: { settings: { writeBufferFlushMs: 60_000, tombstoneGraceMs: 5_500 } },
    faults: Array.from({ length: 26 }, (_, at) => 15_000 * at).flatMap((fromMs) => [
      ...[0, 5_000, 10_000].flatMap((afterMs) => [
        pause("n1", fromMs + afterMs + 200),
        pause("n3", fromMs + afterMs + 2_200),
      ]),
      { ...crash("n2", fromMs + 14_000, fromMs + 14_200), power: true },
    ]),
  }),
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
  /** One of many nodes is left, the others fall silent (what is in memory a crash would destroy), and clients know whose turn it was before. */
  "clients-of-the-last-node": (random) => {
    const nodes = wholeBetween(random, 6, 9);
    return {
      operations: 100,
      run: {
        ...{ nodes, n: 1, r: 1, w: 1 },
        clientRouting: "owners",
        engine: "memory",
        carts: wholeBetween(random, 6, 12),
        seconds: 1,
      },
      core: [random.pick(nodeNames(nodes))],
    };
  },
  /**
   * Hints of values are delivered so slowly that the values are deleted meanwhile, and their tombstones wait for a whole grace. All the
   * while keys are written again, and one node is far away, so that much comes between what the others answered and what they are
   * told then.
   */
  "tombstones-before-hints": (random) => {
    const nodes = 8;
    const far = "n8";
    const slow = nodeLinks(nodeNames(nodes)).filter(({ from, to }) => from === far || to === far);
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
        },
      },
      faults: [crash("n1", 200, 1_500)],
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
        crash("n1", 2_000, 4_000),
        { kind: "slow-disk", startMs: 4_000, endMs: 24_000, node: "n1", readMs: 700, writeMs: 0 },
      ],
    }),
});

function byName<Name extends string>(
  stories: Readonly<Record<Name, (random: SeededRandom) => Story>>,
): Readonly<Record<Name, (random: SeededRandom) => Story>> {
  return stories;
}

export type DenseFamily = keyof typeof STORIES;
export const DENSE_FAMILIES = Object.keys(STORIES) as readonly DenseFamily[];

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

/** Acknowledgements go on while it is taken, and it is restored and written to (`check-restore.ts`). */
function snapshot(random: SeededRandom, story: Story): Story {
  return {
    ...story,
    adversaryRequests: wholeBetween(random, 20, 120),
    coldKeys: wholeBetween(random, 5, 60),
    snapshot: { startMs: 1_500, partitionsAtOnce: 16, leftOut: ["n1"], restoredPartitions: 31 },
  };
}

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

function crash(node: string, startMs: number, endMs: number): SimFault {
  return { kind: "crash", startMs, endMs, node, power: false };
}

function pause(node: string, startMs: number): SimFault {
  return { kind: "pause", startMs, endMs: startMs + 800, node };
}

function restart(startMs: number, endMs: number): SimFault {
  return { kind: "restart", startMs, endMs, node: "n1" };
}

/** One disk after the other, each for so long. */
function fullInTurn(fromMs: number, count: number, durationMs: number): readonly SimFault[] {
  return Array.from({ length: count }, (_, turn) => {
    const startMs = fromMs + turn * durationMs;
    return { kind: "full-disk", startMs, endMs: startMs + durationMs, node: `n${1 + (turn % 3)}` };
  });
}
