/*
 * Aim: a disk that is slow for a while does not leave a cluster in a worse state than it found it in (K-21). Slow nodes are taken for
 * dead, others keep their writes for them, and hand them over on top of the load as soon as the slow ones answer: where that makes these slow
 * again, or the others, it never ends. Method: open load, half of what disks can take; the trigger comes and goes; latencies and what
 * is believed and kept before, during and after it.
 */
import { describe, expect, test } from "vitest";
import { SeededRandom } from "../../../src/base/seeded-random.ts";
import type { SimNode } from "./sim-node.ts";
import { pathOf, smallCluster } from "./testing/small-cluster.ts";

const NODES = 5;
/** Clients ask the others. */
const SLOW = "n1";
const RATE = 100;
const VALUE = "v".repeat(4_096);
/** Three copies of a write, shared by five disks: 250 kB a second each. */
const DISK_BYTES_PER_SECOND = 600_000;
const SLOW_DISK = { readMs: 400, writeMs: 1_200 };
const PHASE_MS = 8_000;

async function world() {
  const { cluster, drive, ask } = await smallCluster({
    plan: { nodes: NODES, n: 3, r: 2, w: 2 },
    diskBytesPerSecond: DISK_BYTES_PER_SECOND,
  });
  const { scheduler } = cluster;
  const asked = cluster.nodes.filter((node) => node !== SLOW);
  const random = new SeededRandom(3);
  let writes = 0;
  const sum = (gauge: string) =>
    [...cluster.simNodes.values()].reduce(
      (total, { metrics }) => total + (metrics?.gauges().get(gauge) ?? 0),
      0,
    );
  return {
    node: cluster.machine(SLOW),
    state: () => ({ suspected: sum("ringside_peers_suspected"), hints: sum("ringside_hints") }),
    /** Latencies in ascending order, and how many requests were not done. */
    load: async (ms: number) => {
      const latencies: number[] = [];
      let failed = 0;
      const answers: Promise<void>[] = [];
      const client = async (): Promise<void> => {
        for (let count = 0; count < (ms * RATE) / 1_000; count += 1) {
          const isWrite = count % 2 === 0 || writes === 0;
          if (isWrite) writes += 1;
          const key = `key ${isWrite ? writes : 1 + random.integer(writes)}`;
          const sentMs = scheduler.monotonicMs();
          const request = isWrite ? { method: "PUT", body: VALUE } : {};
          const answer = ask(random.pick(asked), {
            ...request,
            target: pathOf(key),
            timeoutMs: 5_000,
          });
          answers.push(
            answer.then(({ status }) => {
              if (status >= 500) failed += 1;
              latencies.push(scheduler.monotonicMs() - sentMs);
            }),
          );
          await new Promise<void>((resolve) => scheduler.setTimer(1_000 / RATE, resolve));
        }
        await Promise.all(answers);
      };
      await drive(client());
      latencies.sort((left, right) => left - right);
      const at = (share: number) => latencies[Math.floor(share * (latencies.length - 1))] ?? 0;
      return { p50: at(0.5), p99: at(0.99), worst: at(1), failed };
    },
  };
}

const TRIGGERS = {
  "slow disk": ({ disk }: SimNode) => {
    disk.setSlow(SLOW_DISK);
    return () => disk.setSlow(undefined);
  },
  "process that hangs": (node: SimNode) => {
    node.pause();
    return () => node.resume();
  },
};

describe("K-21 after a node was slow for a while", () => {
  test.each(Object.entries(TRIGGERS))(
    "nobody is believed down, nothing kept for others, and answers take as long as before: a %s",
    async (_, pull) => {
      const { node, state, load } = await world();
      const before = await load(PHASE_MS);
      expect(state()).toEqual({ suspected: 0, hints: 0 });
      const release = pull(node);
      const during = await load(PHASE_MS);
      // Few wait for it before it counts as down, too few for a percentile.
      expect(during.worst).toBeGreaterThan(5 * before.worst);
      expect(state().hints).toBeGreaterThan(100);
      release();
      await load(PHASE_MS);
      const after = await load(PHASE_MS);
      expect(state()).toEqual({ suspected: 0, hints: 0 });
      expect(after.failed).toBe(0);
      expect(after.p50).toBeLessThan(1.5 * before.p50);
      expect(after.p99).toBeLessThan(1.5 * before.p99);
    },
  );
});
