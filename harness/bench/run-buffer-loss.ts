import { toBase64url, utf8Bytes } from "../../src/base/bytes.ts";
import { SeededRandom } from "../../src/base/seeded-random.ts";
import { HttpCallError } from "../../src/client/http-caller.ts";
import { keyOfRecordRow } from "../../src/replica/row-keys.ts";
import type { SimCluster } from "../drivers/sim/sim-cluster.ts";
import { simBenchCluster } from "./sim-bench-cluster.ts";

/**
 * What all replicas lose together (K-16): a simulated cluster of three nodes that buffer (N=3 R=2 W=2, synced disks), writes of
 * new keys at a steady mean rate, and a power failure of all nodes at one virtual moment. A write is lost when its client was told
 * that it is done and no disk has it.
 */
export interface LossTrial {
  readonly seed: number;
  readonly writesPerSecond: number;
  readonly objectsMax: number;
  readonly flushMs: number;
  readonly gatherMs: number;
  readonly durableReplicas: 0 | 1;
}

export interface LossResult {
  /** Rows in the three buffers at the crash. */
  readonly occupancy: number;
  /** Writes acknowledged in the second before the crash, or since the start. */
  readonly acknowledged: number;
  readonly lost: number;
}

const NODES = 3;
const CRASH_MS_MIN = 500;
const CRASH_MS_MAX = 1_500;
const VALUE = utf8Bytes("v".repeat(100));
const TIMEOUT_MS = 1_000;

export async function runLossTrial(trial: LossTrial): Promise<LossResult> {
  const cluster = clusterOf(trial);
  const { scheduler } = cluster;
  const random = new SeededRandom(`buffer loss ${trial.seed}`);
  await scheduler.run(cluster.start(), { untilMs: 60_000 });
  const acknowledged: string[] = [];
  const crashMs = CRASH_MS_MIN + random.float() * (CRASH_MS_MAX - CRASH_MS_MIN);
  const crashed = new Promise<LossResult>((resolve) => {
    scheduler.setTimer(crashMs, () => {
      const occupancy = occupancyOf(cluster);
      for (const machine of cluster.simNodes.values()) machine.kill("power");
      const stored = storedKeys(cluster);
      const lost = acknowledged.filter((key) => !stored.has(key)).length;
      resolve({ occupancy, acknowledged: acknowledged.length, lost });
    });
  });
  writeSteadily(cluster, random, trial.writesPerSecond, (key) => acknowledged.push(key));
  return await scheduler.run(crashed, { untilMs: 60_000 });
}

function clusterOf(trial: LossTrial): SimCluster {
  const { seed, objectsMax, flushMs, gatherMs, durableReplicas } = trial;
  return simBenchCluster({
    seed,
    plan: { nodes: NODES, n: NODES, writeBufferObjects: objectsMax },
    world: {
      settings: { writeBufferFlushMs: flushMs, durableGatherMs: gatherMs, durableReplicas },
    },
  });
}

/** Poisson arrivals of writes of keys of their own, each through a node drawn at random, until the nodes are gone. */
function writeSteadily(
  cluster: SimCluster,
  random: SeededRandom,
  perSecond: number,
  onAcknowledged: (key: string) => void,
): void {
  let count = 0;
  const next = (): void => {
    const node = random.pick(cluster.nodes);
    if (!cluster.machine(node).isRunning) return;
    const key = `key-${count}`;
    count += 1;
    const url = `${cluster.addresses(node).direct}/kv64/${toBase64url(utf8Bytes(key))}`;
    cluster.http.call({ method: "PUT", url, body: VALUE, timeoutMs: TIMEOUT_MS }).then(
      ({ status }) => {
        if (status === 204) onAcknowledged(key);
      },
      (error: unknown) => {
        // What the crash cut off was never acknowledged.
        if (!(error instanceof HttpCallError)) throw error;
      },
    );
    cluster.scheduler.setTimer((-Math.log(1 - random.float()) * 1_000) / perSecond, next);
  };
  next();
}

function occupancyOf(cluster: SimCluster): number {
  let occupancy = 0;
  for (const { metrics } of cluster.simNodes.values()) {
    occupancy += metrics?.gauges().get("ringside_write_buffer_objects") ?? 0;
  }
  return occupancy;
}

/** The keys that any disk has. */
function storedKeys(cluster: SimCluster): ReadonlySet<string> {
  const keys = new Set<string>();
  for (const { disk } of cluster.simNodes.values()) {
    for (const { table, key } of disk.rows()) {
      if (table === "records") keys.add(Buffer.from(keyOfRecordRow(key)).toString());
    }
  }
  return keys;
}
