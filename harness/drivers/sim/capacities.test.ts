/*
 * Aim: what a node is asked to do follows from what it can do (paper 2.3, 4.2). Method: six simulated nodes of capacities 1, 1, 2, 2, 4 and 4,
 * N=3; each row that a node writes or looks up for clients is counted, against the same cluster without capacities. With three
 * nodes there would be nothing to see: each keeps everything.
 */
import { expect, test } from "vitest";
import { nodeId } from "../../../src/base/ids.ts";
import { SeededRandom } from "../../../src/base/seeded-random.ts";
import { SimNetwork } from "./sim-network.ts";
import { NO_OBSERVER } from "./testing/no-observer.ts";
import { pathOf, smallCluster } from "./testing/small-cluster.ts";

const CAPACITIES = [1, 1, 2, 2, 4, 4];
const NAMES = CAPACITIES.map((_, at) => `n${at + 1}`);
const KEYS = 4_000;
const AT_ONCE = 20;

test.each([256, 1_024])(
  "D-2.3-8 capacities 1:2:4 with Q=%i: each node has its part of all row reads and writes within a tenth",
  async (partitions) => {
    const shares = await measuredShares(partitions, CAPACITIES);
    const whole = CAPACITIES.reduce((sum, capacity) => sum + capacity, 0);
    const off = shares.map((share, at) => (share * whole) / (CAPACITIES[at] ?? 1) - 1);
    const said = off.map((each) => each.toFixed(3)).join();
    expect(Math.max(...off.map(Math.abs)), said).toBeLessThan(0.1);
  },
);

test("without capacities each of the six has a sixth of it", async () => {
  const shares = await measuredShares(256, undefined);
  for (const share of shares) expect(Math.abs(share * 6 - 1)).toBeLessThan(0.15);
});

/** The part of all rows written and looked up that each node wrote and looked up, in the order of the nodes. */
async function measuredShares(
  partitions: number,
  capacities: readonly number[] | undefined,
): Promise<readonly number[]> {
  const counts = new Map(NAMES.map((name) => [name, 0]));
  const count = (node: string, rows: number) => counts.set(node, (counts.get(node) ?? 0) + rows);
  const members = NAMES.map((name, at) => ({
    id: nodeId(name),
    address: SimNetwork.plainAddressOf(name),
    ...(capacities && { capacity: capacities[at] ?? 1 }),
  }));
  const { ask, drive } = await smallCluster({
    plan: { nodes: NAMES.length, partitions, engine: "memory" },
    settingsOf: () => ({ members }),
    observer: () => ({
      ...NO_OBSERVER,
      rowRead: (node, table) => table === "records" && count(node, 1),
      rowsWritten: (node, rows) =>
        count(node, rows.filter(({ table }) => table === "records").length),
    }),
  });
  const random = new SeededRandom(1);
  for (let key = 0; key < KEYS; key += AT_ONCE) {
    const paths = Array.from({ length: AT_ONCE }, (_, at) => pathOf(`cart-${key + at}`));
    const all = (method: string) =>
      drive(
        Promise.all(
          paths.map((target) =>
            ask(random.pick(NAMES), { method, target, ...(method === "PUT" && { body: "v" }) }),
          ),
        ),
      );
    for (const { status } of await all("PUT")) expect(status).toBe(204);
    for (const { status } of await all("GET")) expect(status).toBe(200);
  }
  const sum = [...counts.values()].reduce((total, each) => total + each, 0);
  return [...counts.values()].map((each) => each / sum);
}
