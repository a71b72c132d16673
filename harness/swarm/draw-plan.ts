/*
 * From a seed to everything that one simulated run is made of.
 *
 * Swarm testing (Groce and others, "Swarm testing", ISSTA 2012): a bug often needs some features to be there and others to
 * be absent, so a hundred configurations, each with a random subset of everything, find more than a hundred runs of one
 * configuration that has it all. Each seed therefore draws its own cluster, world and kinds of faults.
 */

import { SeededRandom } from "../../src/base/seeded-random.ts";
import { isTimed } from "../../src/causality/timed-clock.ts";
import type { VersioningMode } from "../../src/causality/versioning.ts";
import { CLOCK_SKEW_MS_MAX } from "../../src/causality/versioning.ts";
import { nodeNames } from "../cluster/node-names.ts";
import type { SimFaultKind, WorldPlan } from "../drivers/sim/world-plan.ts";
import type { Plan, Reconciler } from "../run/plan.ts";
import { PATIENCE } from "../run/stores.ts";
import { chance, magnitudeBetween, wholeBetween } from "./chance.ts";
import { machinesOf, membersAtEnd } from "./churn.ts";
import { withCapacities } from "./draw-capacities.ts";
import { drawChurn, withChurn } from "./draw-churn.ts";
import { drawClientRouting } from "./draw-client-routing.ts";
import { drawDatacenters, withFarDatacenters } from "./draw-datacenters.ts";
import { drawFaults } from "./draw-faults.ts";
import { withGrace } from "./draw-grace.ts";
import { withRowCache } from "./draw-row-cache.ts";
import { mayShed, withStages } from "./draw-stages.ts";
import { drawWorld } from "./draw-world.ts";
import { drawWriteBuffer, withFlushes } from "./draw-write-buffer.ts";
import { withWriteCoordinator } from "./draw-write-coordinator.ts";
import { FAULT_KINDS } from "./fault-kinds.ts";
import { judged } from "./plan-expectation.ts";
import type { SimPlan } from "./sim-plan.ts";
import { drawSnapshot } from "./snapshot-plan.ts";

export interface DrawOptions {
  /** Kinds that may be drawn; a seed takes some of them. Default: `FAULT_KINDS`. */
  readonly kinds?: readonly SimFaultKind[];
}

const NODES_MAX = 9;
const REPLICAS_MAX = 5;
const SECONDS_MAX = 15;
/** Powers of two as in practice, and others, which find what only works with powers of two. */
const PARTITIONS = [16, 17, 31, 32, 64, 97, 128, 255, 256, 512, 1_021, 1_024] as const;
const TRUNCATED_SHARE = 0.3;
const KEPT_CLOCKS_SHARE = 0.8;
const KEPT_SKEW_MS_MAX = (2 * CLOCK_SKEW_MS_MAX) / 5;
const CORE_SHARE = 0.7;
const ADVERSARY_SHARE = 0.8;
/** A few beside about a thousand of the carts; blind writes make siblings, which merged vectors never lose again. */
const ADVERSARY_REQUESTS_MAX = 120;
const MERGED_ADVERSARY_REQUESTS_MAX = 40;
const COLD_KEYS_SHARE = 0.4;
const COLD_KEYS_MAX = 60;
/** Merged vectors keep false siblings (K-5): each interleaved write makes the next one longer, until a run is all copying. */
const MERGED_CLIENTS_MAX = 4;
const MERGED_RATE_MAX = 400;
/** Mostly the modes that must lose nothing: in the others most checks have nothing to say. */
const VERSIONINGS: readonly VersioningMode[] = [
  ...Array<VersioningMode>(12).fill("dvvset"),
  "lww",
  ...Array<VersioningMode>(4).fill("merged"),
  "vector-clock",
  "vector-clock-max",
  "lww-hybrid",
];
const RECONCILERS: readonly Reconciler[] = [
  ...Array<Reconciler>(10).fill("union"),
  ...Array<Reconciler>(9).fill("or-set"),
  "lww",
];

/** The plan of a seed. Pure: the same seed and kinds give the same plan. */
export function drawPlan(seed: number, { kinds = FAULT_KINDS }: DrawOptions = {}): SimPlan {
  const random = new SeededRandom(seed).fork("plan");
  const cluster = drawCluster(random.fork("cluster"));
  const run = {
    ...cluster,
    ...drawDatacenters(random.fork("datacenters"), cluster),
    ...drawTruncation(random.fork("truncation"), cluster.versioning),
    ...drawLoad(random.fork("load"), cluster.versioning),
    seed,
  };
  const nodes = nodeNames(run.nodes);
  const clientsMax = run.versioning === "merged" ? MERGED_CLIENTS_MAX : 4 * run.nodes;
  const clients = wholeBetween(random.fork("clients"), 1, clientsMax);
  const drawn = drawWorld(random.fork("world"), run.engine, nodes);
  const isKept = run.versioning === "lww-hybrid" && chance(random.fork("kept"), KEPT_CLOCKS_SHARE);
  const clocked = isKept
    ? { ...drawn, clocks: keptClocks(random.fork("kept clocks"), nodes) }
    : drawn;
  const { datacenters } = run;
  const far = withFarDatacenters(random.fork("far datacenters"), nodes, {
    world: clocked,
    ...(datacenters && { datacenters }),
  });
  const coordinated = withWriteCoordinator(random.fork("write coordinator"), far);
  const flushed = withFlushes(random.fork("flushes"), run, coordinated);
  const churn = drawChurn(random.fork("churn"), run, kinds);
  const world = withChurn(withStages(random.fork("stages"), flushed), churn);
  const planned = {
    ...run,
    format: "ringside-plan",
    version: 1,
    workload: "shopping-cart",
    cluster: "sim",
    nemesis: ["none"],
    clients,
    toxiproxyUrl: undefined,
    slo: undefined,
  } as const;
  const faultKinds = isKept ? kinds.filter((kind) => !kind.startsWith("clock-")) : kinds;
  const drawnFaults = drawFaults(random.fork("faults"), {
    run: planned,
    world,
    nodes: machinesOf({ run: planned, world }),
    kinds: faultKinds,
  });
  const faults = [...drawnFaults, ...(churn?.faults ?? [])].sort(
    (left, right) => left.startMs - right.startMs,
  );
  return {
    format: "ringside-sim-plan",
    version: 1,
    seed,
    run: { ...judged(planned, world, faults), ...drawClientRouting(random.fork("client routing")) },
    operations: run.rate * run.seconds,
    ...drawAdversary(random.fork("adversary"), run.versioning),
    ...drawColdKeys(random.fork("cold keys")),
    ...drawSnapshot(random.fork("snapshot"), run, faults),
    world: withCapacities(
      random.fork("capacities"),
      nodes,
      withRowCache(
        random.fork("row cache"),
        withGrace(random.fork("grace"), world, faults),
        faults,
      ),
    ),
    faults,
    core:
      servesInTime(world) && hasRoomForHints(world, run.quorum) && !mayShed(world)
        ? drawCore(random.fork("core"), planned, membersAtEnd({ run: planned, faults }))
        : [],
  };
}

/** Clocks as a time service keeps them on a bad day, within what hybrid clocks follow: there they have something to promise. */
function keptClocks(random: SeededRandom, nodes: readonly string[]): WorldPlan["clocks"] {
  return Object.fromEntries(
    nodes.map((node) => [
      node,
      { skewMs: wholeBetween(random, -KEPT_SKEW_MS_MAX, KEPT_SKEW_MS_MAX), driftPpm: 0 },
    ]),
  );
}

function drawCluster(random: SeededRandom) {
  const nodes = wholeBetween(random, 1, NODES_MAX);
  const n = wholeBetween(random, 1, Math.min(REPLICAS_MAX, nodes));
  return {
    nodes,
    n,
    r: wholeBetween(random, 1, n),
    w: wholeBetween(random, 1, n),
    partitions: random.pick(PARTITIONS),
    versioning: random.pick(VERSIONINGS),
    reconcile: random.pick(RECONCILERS),
    quorum: chance(random, 0.7) ? "sloppy" : "strict",
    engine: chance(random, 0.75) ? "lmdb" : "memory",
    clientsRoam: chance(random, 0.3),
    ...drawWriteBuffer(random.fork("write buffer")),
  } as const;
}

/** Thresholds far below the paper's: the few coordinators of a key would never reach that one. */
function drawTruncation(
  random: SeededRandom,
  versioning: VersioningMode,
): Pick<Plan, "truncate" | "clockEntriesMax"> {
  if (!isTimed(versioning) || !chance(random, TRUNCATED_SHARE)) return {};
  return {
    truncate: random.pick(["reaches", "exceeds"]),
    clockEntriesMax: wholeBetween(random, 2, 4),
  };
}

/** About a thousand operations, in 1 to 15 seconds of virtual time; with merged vectors a third of that. */
function drawLoad(random: SeededRandom, versioning: VersioningMode) {
  const rate = magnitudeBetween(random, 50, versioning === "merged" ? MERGED_RATE_MAX : 2_000);
  const wanted =
    versioning === "merged" ? wholeBetween(random, 200, 450) : wholeBetween(random, 600, 1_400);
  const seconds = Math.max(1, Math.min(SECONDS_MAX, Math.round(wanted / rate)));
  return { rate, seconds, carts: wholeBetween(random, 1, 12) };
}

function drawAdversary(
  random: SeededRandom,
  versioning: VersioningMode,
): Pick<SimPlan, "adversaryRequests"> {
  const isMerged = versioning === "merged";
  const max = isMerged ? MERGED_ADVERSARY_REQUESTS_MAX : ADVERSARY_REQUESTS_MAX;
  const adversaryRequests = magnitudeBetween(random, 10, max);
  return chance(random, ADVERSARY_SHARE) ? { adversaryRequests } : {};
}

function drawColdKeys(random: SeededRandom): Pick<SimPlan, "coldKeys"> {
  return chance(random, COLD_KEYS_SHARE)
    ? { coldKeys: wholeBetween(random, 5, COLD_KEYS_MAX) }
    : {};
}

/** The fewest nodes that can serve every key while all others are down. */
export function coreNodesMin(plan: Pick<Plan, "nodes" | "n" | "r" | "w" | "quorum">): number {
  const needed = Math.max(plan.r, plan.w);
  // A strict quorum takes primaries only, and those outside the core may all be primaries of one key.
  return plan.quorum === "sloppy" ? needed : plan.nodes - plan.n + needed;
}

/**
 * True where a forwarded write takes no more than half of the time that a client waits for one attempt: six ways over the slowest
 * network, the commit under way and its own at the coordinator, as much at a replica beside it, and a few looks at the row, for
 * which the writers of one key take turns. In a slower world healthy nodes answer clients that have left.
 */
function servesInTime({ network, links, diskRead, diskWrite }: WorldPlan): boolean {
  const linkMs = Math.max(network.meanMs, ...Object.values(links).map(({ meanMs }) => meanMs));
  const neededMs = 6 * linkMs + 5 * diskRead.meanMs + 3 * diskWrite.meanMs;
  return neededMs <= PATIENCE.attemptTimeoutMs / 2;
}

/** False where a sloppy quorum may find too little room for hints among the nodes that are left to serve alone. */
function hasRoomForHints({ settings }: WorldPlan, quorum: Plan["quorum"]): boolean {
  const isLimited = settings.hintsMax !== undefined || settings.hintBytesMax !== undefined;
  return quorum === "strict" || !isLimited;
}

function drawCore(
  random: SeededRandom,
  plan: Pick<Plan, "nodes" | "n" | "r" | "w" | "quorum">,
  nodes: readonly string[],
): readonly string[] {
  if (!chance(random, CORE_SHARE)) return [];
  const size = wholeBetween(random, coreNodesMin({ ...plan, nodes: nodes.length }), nodes.length);
  const core = new Set(random.shuffle(nodes).slice(0, size));
  return nodes.filter((node) => core.has(node));
}
