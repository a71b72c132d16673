/*
 * Aim: what gossip costs and how fast a change spreads, by the number of nodes (D-4.8.1-4, D-2.1-5, D-6.2-10). Method: whole nodes but for the network,
 * on virtual time, over several seeds; every frame is made and counted. Each node has issued a change before, so that vectors are as long as
 * they get while nobody restarts.
 */
import { describe, expect, test } from "vitest";
import type { NodeId } from "../base/ids.ts";
import { encodeChange } from "./change-codec.ts";
import { EVERY_MS, everybody, GossipWorld, nodeIds } from "./testing/gossip-world.ts";

const SEEDS = [1, 2, 3];
const REST_ROUNDS = 10;

interface Spread {
  readonly rounds: number;
  /** Sent and received count once. */
  readonly restBytesPerNodeSecond: number;
  readonly spreadBytesPerNodeSecond: number;
}

async function spread(size: number, seed: number): Promise<Spread> {
  const world = new GossipWorld(seed);
  const ids = nodeIds(size);
  for (const id of ids) await world.start(id, everybody(ids));
  const nodes = [...world.nodes.values()];
  const issued = await Promise.all(
    nodes.map(({ history, id }) => history.issue({ kind: "leave", node: id })),
  );
  for (const { history } of nodes) await history.merge(issued.map(encodeChange));
  const perNodeSecond = (rounds: number) => world.wireBytes / size / ((rounds * EVERY_MS) / 1_000);

  await world.pass(EVERY_MS);
  world.wireBytes = 0;
  await world.pass(REST_ROUNDS * EVERY_MS);
  const restBytesPerNodeSecond = perNodeSecond(REST_ROUNDS);

  await world.nodes.get(ids[0] as NodeId)?.history.issue({ kind: "leave", node: ids[0] as NodeId });
  world.wireBytes = 0;
  const rounds = await world.roundsUntil(() => world.haveAll(size + 1));
  const spreadBytesPerNodeSecond = perNodeSecond(rounds);
  for (const id of ids) await world.stop(id);
  return { rounds, restBytesPerNodeSecond, spreadBytesPerNodeSecond };
}

describe("D-4.8.1-4 D-2.1-5 a change at one node", () => {
  test("reaches 30, 100 and 300 nodes in rounds that grow with their logarithm, and rest costs all the same", async () => {
    const spreads = new Map<number, readonly Spread[]>();
    for (const size of [30, 100, 300]) {
      const all: Spread[] = [];
      for (const seed of SEEDS) all.push(await spread(size, seed));
      spreads.set(size, all);
    }
    for (const [size, all] of spreads) {
      // Each round every node calls one and is called by one on average: those who know triple at first, and the last are found fast.
      const roundsMax = Math.log2(size) + 2;
      for (const { rounds, restBytesPerNodeSecond, spreadBytesPerNodeSecond } of all) {
        expect(rounds, `${size} nodes`).toBeLessThan(roundsMax);
        expect(restBytesPerNodeSecond).toBeLessThan(45);
        // Two vectors a round at most, of about 20 bytes for each issuer.
        expect(spreadBytesPerNodeSecond).toBeLessThan(100 + 2 * 20 * size);
      }
    }
    const mean = (size: number) =>
      (spreads.get(size) ?? []).reduce((sum, { rounds }) => sum + rounds, 0) / SEEDS.length;
    expect(mean(300)).toBeLessThan(mean(30) + Math.log2(10));
  }, 120_000);
});
