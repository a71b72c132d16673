/*
 * Aim: however nodes disagree on who keeps a key, a write that was forwarded is not forwarded again (paper 4.5). Method: every frame of
 * a simulated cluster is read while clients write through each node; nodes have other rings than their peers, or another
 * belief in who is down.
 */
import { describe, expect, test } from "vitest";
import { utf8Bytes } from "../../../src/base/bytes.ts";
import { WRITE_COORDINATORS } from "../../../src/coordinator/write-candidates.ts";
import { FrameLabels } from "./frame-labels.ts";
import type { OnBytes } from "./sim-connection.ts";
import { pathOf, smallCluster } from "./testing/small-cluster.ts";

const KEYS = Array.from({ length: 12 }, (_, number) => `key ${number}`);
const NODES = 5;

/** Forwards on the wire, `from>to key`, in the order of sending. */
class ForwardTrace {
  readonly forwards: { readonly from: string; readonly to: string; readonly key: string }[] = [];
  readonly #readers = new Map<string, FrameLabels>();

  readonly onBytes: OnBytes = ({ connection, from, to }, bytes) => {
    const way = `${connection} ${from}`;
    const reader = this.#readers.get(way) ?? new FrameLabels();
    this.#readers.set(way, reader);
    for (const label of reader.push(bytes)) {
      if (label.startsWith("forward "))
        this.forwards.push({ from, to, key: label.slice("forward ".length) });
    }
    return undefined;
  };
}

async function tracedCluster(
  writeCoordinator: (typeof WRITE_COORDINATORS)[number],
  settingsOf: (node: string) => { readonly partitions?: number } = () => ({}),
) {
  const trace = new ForwardTrace();
  const world = await smallCluster({
    plan: { nodes: NODES },
    world: { settings: { antiEntropyMs: 0, writeCoordinator } },
    onBytes: trace.onBytes,
    settingsOf,
  });
  const write = (node: string, key: string) =>
    world.drive(
      world.ask(node, { method: "PUT", target: `${pathOf(key)}?timeoutMs=400`, body: node }),
    );
  const ownersOf = (node: string, key: string) => {
    const ring = world.cluster.machine(node).node?.ring();
    return ring?.preferenceList(utf8Bytes(key)) ?? [];
  };
  return { ...world, trace, write, ownersOf };
}

describe("D-4.5-2 a write through any node", () => {
  test("goes to the first of the list, in one hop at most, and to the next while that one is down", async () => {
    const { cluster, trace, write, ownersOf, pass } = await tracedCluster("first-owner");
    for (const key of KEYS) {
      for (const node of cluster.nodes) {
        const [first = ""] = ownersOf(node, key);
        trace.forwards.length = 0;
        expect((await write(node, key)).status).toBe(204);
        expect(trace.forwards).toEqual(node === first ? [] : [{ from: node, to: first, key }]);
      }
    }
    cluster.machine("n1").kill("process");
    const others = cluster.nodes.filter((node) => node !== "n1");
    // Until each has missed it.
    for (const node of others) for (const key of KEYS) await write(node, key);
    await pass(1_000);
    for (const key of KEYS) {
      for (const node of others) {
        const [next = ""] = ownersOf(node, key).filter((owner) => owner !== "n1");
        trace.forwards.length = 0;
        expect((await write(node, key)).status).toBe(204);
        expect(trace.forwards).toEqual(node === next ? [] : [{ from: node, to: next, key }]);
      }
    }
  });

  test.each(WRITE_COORDINATORS)(
    "under %s never takes a second hop, whatever rings say",
    async (policy) => {
      // Three rings in one cluster: two pairs of nodes that agree, and one node alone.
      const partitions: Record<string, number> = { n1: 16, n2: 16, n3: 17, n4: 17, n5: 32 };
      const { cluster, trace, write, ownersOf } = await tracedCluster(policy, (node) => ({
        partitions: partitions[node] ?? 16,
      }));
      const stamps = cluster.nodes.map((node) => cluster.machine(node).node?.ring().stamp.digest);
      expect(new Set(stamps).size).toBe(3);
      let refused = 0;
      let disagreed = 0;
      for (const key of KEYS) {
        for (const node of cluster.nodes) {
          trace.forwards.length = 0;
          const { status } = await write(node, key);
          refused += status === 204 ? 0 : 1;
          const [owner, other] = [ownersOf(node, key)[0], ownersOf("n5", key)[0]];
          disagreed += owner === other ? 0 : 1;
          expect(trace.forwards.every(({ from }) => from === node)).toBe(true);
          const targets = trace.forwards.map(({ to }) => to);
          expect(new Set(targets).size).toBe(targets.length);
          expect(targets.length).toBeLessThanOrEqual(NODES - 1);
        }
      }
      // W=2 of one's own ring: two that agree are enough for some keys, and one alone is for none.
      expect(disagreed).toBeGreaterThan(0);
      expect(refused).toBeGreaterThan(0);
    },
  );
});
