import { expect, test } from "vitest";
import { pathOf, smallCluster } from "../drivers/sim/testing/small-cluster.ts";

const CLIENTS = 24;
const ROUNDS = 5;

/*
 * Aim: nobody is refused for want of nodes that are slow and not dead. Method: many requests at once over links so long that each answer
 * comes later than a stand-in would be asked (`hedgeMs`, 100), but nobody is silent for as long.
 */
test("D-4.8.3-1 a slow peer is no dead one", async () => {
  const world = { network: { minMs: 70, meanMs: 75 } };
  const { cluster, drive, ask } = await smallCluster({ world });
  const { nodes } = cluster;
  const counts = new Map<number, number>();
  const client = async (number: number): Promise<void> => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const node = nodes[(number + round) % nodes.length] ?? "";
      const target = pathOf(`key ${number} ${round}`);
      for (const call of [{ method: "PUT", body: "value" }, {}]) {
        const { status } = await ask(node, { target, timeoutMs: 5_000, ...call });
        counts.set(status, (counts.get(status) ?? 0) + 1);
      }
    }
  };
  await drive(Promise.all(Array.from({ length: CLIENTS }, (_, number) => client(number))));
  expect(Object.fromEntries(counts)).toEqual({ 204: CLIENTS * ROUNDS, 200: CLIENTS * ROUNDS });
});
