import type { Histogram } from "hdr-histogram-js";
import { nodeId } from "../../src/base/ids.ts";
import { SeededRandom } from "../../src/base/seeded-random.ts";
import { createRing } from "../../src/ring/partition-table.ts";
import type { SimCluster } from "../drivers/sim/sim-cluster.ts";
import { SIM_CLUSTER_ID } from "../drivers/sim/sim-configuration.ts";
import type { FrameCount, FramePurpose } from "./frame-counts.ts";
import { FrameCounts } from "./frame-counts.ts";
import { ProfileVisitors, visitFigures } from "./profile-visitors.ts";
import { passTime, simBenchCluster } from "./sim-bench-cluster.ts";
import type { UsageProfile } from "./usage-profiles.ts";
import { USAGE_PROFILES } from "./usage-profiles.ts";

export interface ScaleTrial {
  readonly nodes: number;
  /** Requests a second for each node: a larger cluster has more to do. */
  readonly ratePerNode: number;
  readonly restMs: number;
  readonly loadMs: number;
  readonly seed: number;
  /** Ends it early; then it rejects. */
  readonly signal?: AbortSignal;
}

/** Frames a second and node that lives, by what they are for. */
export type Traffic = ReadonlyMap<FramePurpose, FrameCount>;

export interface ScaleResult {
  /** Connections begun by the end of the start, and of the load, all nodes together. */
  readonly connections: { readonly started: number; readonly loaded: number };
  /** Of this process, for each node, after the load; undefined where garbage cannot be collected first. */
  readonly heapBytesPerNode: number | undefined;
  readonly atRest: Traffic;
  readonly underLoad: Traffic;
  /** While one node is dead and the load goes on. */
  readonly withOneDead: Traffic;
  /** Connections that a living node begins in a second meanwhile, most of them to the dead one, in vain. */
  readonly dialsWithOneDead: number;
  readonly readsUs: Histogram;
  readonly writesUs: Histogram;
  readonly failed: number;
  /** Peers that a node compares its replicas with, on average. */
  readonly exchangePeers: number;
}

const UNTIL_MS = 24 * 3_600_000;
const KEYS_PER_NODE = 20;
const PARTITIONS = 1_024;
const N = 3;
/** The nodes' own default: each node begins one exchange in that time. */
const ANTI_ENTROPY_MS = 15_000;
/** Longer than a request and what follows it. */
const SETTLE_MS = 2_000;

/**
 * A static cluster of so many nodes in virtual time (D-2.1-5): under a load that grows with it, at rest, and with one node dead. As all is
 * one process, the figures are of messages and of time on the network, not of processors.
 */
export async function runScale(trial: ScaleTrial): Promise<ScaleResult> {
  const { nodes, seed } = trial;
  const counts = new FrameCounts();
  const heapBefore = heapBytes();
  const cluster = simBenchCluster({
    seed,
    plan: { nodes, n: N, partitions: PARTITIONS, engine: "memory" },
    world: {
      network: { minMs: 0.2, meanMs: 0.5 },
      settings: { antiEntropyMs: ANTI_ENTROPY_MS, requestTimeoutMs: 1_000 },
    },
    onBytes: counts.onBytes,
  });
  const { scheduler } = cluster;
  return await scheduler.run(live(cluster, { trial, counts, heapBefore }), {
    untilMs: UNTIL_MS,
    stop: () => trial.signal?.aborted === true,
  });
}

async function live(
  cluster: SimCluster,
  parts: {
    readonly trial: ScaleTrial;
    readonly counts: FrameCounts;
    readonly heapBefore: number | undefined;
  },
): Promise<ScaleResult> {
  const { trial, counts, heapBefore } = parts;
  const { nodes, ratePerNode, restMs, loadMs, seed } = trial;
  // Nobody asks whether all reach all: that would open the connections that are to be counted.
  await Promise.all([...cluster.simNodes.values()].map((machine) => machine.start()));
  const perNodeSecond = (ms: number, senders = nodes): Traffic =>
    new Map(
      [...counts.take()].map(([purpose, { frames, bytes }]) => {
        const share = 1_000 / (ms * senders);
        return [purpose, { frames: frames * share, bytes: bytes * share }];
      }),
    );
  const started = dials(cluster);
  const profile = visitorsOf(ratePerNode * nodes);
  const urlOf = (node: string) => cluster.addresses(node).direct;
  const visitorsAt = (names: readonly string[], seedText: string) =>
    new ProfileVisitors(
      profile,
      { clock: cluster.scheduler, http: cluster.http, urls: names.map(urlOf) },
      { keys: KEYS_PER_NODE * nodes, random: new SeededRandom(`${seedText} ${seed}`) },
    );
  const visitors = visitorsAt(cluster.nodes, "scale");
  await visitors.preload();
  counts.take();
  const figures = visitFigures();
  await visitors.arrive(figures, profile.sla.ratePerSecond, loadMs);
  const underLoad = perNodeSecond(loadMs);
  const loaded = dials(cluster);
  const heapAfter = heapBytes();
  await passTime(cluster, SETTLE_MS);
  counts.take();
  await passTime(cluster, restMs);
  const atRest = perNodeSecond(restMs);

  const [dead = "", ...alive] = cluster.nodes;
  await cluster.processes.kill(dead);
  // Until it counts as down everywhere, requests find out.
  const others = visitorsAt(alive, "one dead");
  await others.arrive(visitFigures(), profile.sla.ratePerSecond, loadMs);
  counts.take();
  const before = dials(cluster);
  await others.arrive(visitFigures(), profile.sla.ratePerSecond, loadMs);
  const withOneDead = perNodeSecond(loadMs, alive.length);
  const dialsWithOneDead = ((dials(cluster) - before) * 1_000) / (loadMs * alive.length);
  return {
    connections: { started, loaded },
    heapBytesPerNode:
      heapBefore === undefined || heapAfter === undefined
        ? undefined
        : (heapAfter - heapBefore) / nodes,
    atRest,
    underLoad,
    withOneDead,
    dialsWithOneDead,
    readsUs: figures.reads,
    writesUs: figures.writes,
    failed: figures.failed,
    exchangePeers: meanExchangePeers(cluster.nodes),
  };
}

/** Connections that nodes have begun, all together. */
function dials({ simNodes }: SimCluster): number {
  return [...simNodes.values()].reduce(
    (sum, { metrics }) => sum + (metrics?.counters().get("ringside_rpc_dials_total") ?? 0),
    0,
  );
}

/** Peers with which a node has ranges in common, on average. */
function meanExchangePeers(names: readonly string[]): number {
  const nodes = names.map(nodeId);
  const ring = createRing({ clusterId: SIM_CLUSTER_ID, nodes, partitionCount: PARTITIONS });
  const pairs = new Set<string>();
  for (let partition = 0; partition < PARTITIONS; partition += 1) {
    const primaries = ring.preferenceListOf(partition).slice(0, N);
    for (const one of primaries) {
      for (const other of primaries) if (one !== other) pairs.add(`${one} ${other}`);
    }
  }
  return pairs.size / nodes.length;
}

/** As carts are used, at so many requests a second. */
function visitorsOf(ratePerSecond: number): UsageProfile {
  const [carts] = USAGE_PROFILES;
  if (carts === undefined) throw new RangeError("Cannot find the profile of carts");
  return { ...carts, valueBytes: 256, sla: { ...carts.sla, ratePerSecond } };
}

/** Undefined where the process was not started with `--expose-gc`. */
function heapBytes(): number | undefined {
  if (globalThis.gc === undefined) return undefined;
  globalThis.gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
