import { nodeId } from "../../base/ids.ts";
import { SeededRandom } from "../../base/seeded-random.ts";
import type { Versioning } from "../../causality/versioning.ts";
import type { Environment } from "../../env/environment.ts";
import { CountingAssertions } from "../../env/testing/counting-assertions.ts";
import { createRing } from "../../ring/partition-table.ts";
import type { Ring } from "../../ring/ring.ts";
import type { Engine } from "../../storage/engine.ts";
import { MemoryEngine } from "../../storage/memory-engine.ts";
import { Life } from "../life.ts";
import type { ReplicaParts } from "../replica.ts";
import { Replica } from "../replica.ts";

export const SELF = nodeId("self");
export const OTHERS = [nodeId("n1"), nodeId("n2")] as const;

/** An environment for one replica: no network, no timers, time and chance that tests can repeat. */
export function replicaEnvironment(seed: number): Environment & CountedMetrics {
  const counts = new Map<string, number>();
  let wallMs = 1_000;
  const refuse = (): never => {
    throw new Error("Cannot do this: a replica has no business with it");
  };
  return {
    clock: {
      wallMs: () => {
        wallMs += 1;
        return wallMs;
      },
      monotonicMs: () => wallMs,
      setTimer: refuse,
      defer: refuse,
    },
    random: new SeededRandom(seed),
    transport: { connect: refuse, listen: refuse },
    log: { debug: refuse, info: refuse, warn() {}, error: refuse },
    metrics: {
      counter: (name) => ({
        increment: (by = 1) => counts.set(name, (counts.get(name) ?? 0) + by),
      }),
      gauge: () => ({ set: refuse }),
      histogram: () => ({ observe() {} }),
    },
    assertions: new CountingAssertions(),
    counts,
  };
}

export interface CountedMetrics {
  readonly counts: ReadonlyMap<string, number>;
}

/** A replica of node `self` over `engine`, in a life of its own. */
export async function openReplica(
  engine: Engine,
  versioning: Versioning,
  env: Environment = replicaEnvironment(1),
  options: Pick<ReplicaParts, "tombstoneGraceMs"> = {},
): Promise<Replica> {
  // Of its own engine: how a life begins and ends is no affair of those who only want a replica.
  const life = await Life.begin(env, { engine: new MemoryEngine(), nodeId: SELF });
  return Replica.open(env, {
    engine,
    versioning,
    ring: () => RING,
    nodeId: SELF,
    life,
    ...options,
  });
}

const RING: Ring = createRing({ clusterId: "test", nodes: [SELF, ...OTHERS], partitionCount: 8 });
