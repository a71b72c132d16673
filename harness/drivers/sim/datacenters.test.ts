/*
 * Aim: a whole datacenter may fail, and who is still served follows from N, R, W and where the copies are (paper 4.6). Method: six simulated
 * nodes in three datacenters with 15 ms between them; each datacenter is cut off once, and clients on either side put and get under every
 * quorum. Whether they are served is computed from the counts alone: under a strict quorum a side serves k where it has k
 * copies, under a sloppy one where it has k nodes, and where "not found" is ignored it finds what is old where it has k copies. What was acknowledged on either side must be there when all is whole again, once in
 * each of its N copies.
 */
import { describe, expect, test } from "vitest";
import { datacenterNames, nodesByDatacenter } from "../../nemesis/datacenters.ts";
import type { DatacentersPlan } from "../../run/plan.ts";
import { farLinks } from "../../swarm/draw-datacenters.ts";
import { pathOf, smallCluster } from "./testing/small-cluster.ts";

const NAMES = ["n1", "n2", "n3", "n4", "n5", "n6"];
const N = 3;
const QUORUMS = ["strict", "sloppy"] as const;
const SIDES = ["inside", "outside"] as const;
const NEEDED = [1, 2, 3];
const TRIALS = 4;
const WAN = { minMs: 12, meanMs: 15 };
/** The nodes of each side know by then that the others are away. */
const KNOWN_AFTER_MS = 2_500;
/** Hints are delivered and trees compared by then. */
const WHOLE_AFTER_MS = 20_000;

type World = Awaited<ReturnType<typeof smallCluster>>;

describe("of three datacenters with two nodes each, any one cut off", () => {
  test.each<readonly [string, DatacentersPlan]>([
    ["2+1, stand-ins in the third", { count: 3, replicas: [2, 1, 0] }],
    ["1+1+1", { count: 3 }],
  ])(
    "D-4.6-9 C8 with copies %s both sides serve what R, W and their copies allow, lose nothing and converge",
    async (_name, datacenters) => {
      for (const datacenter of datacenterNames(datacenters)) {
        await cutOff(datacenter, datacenters);
      }
    },
    60_000,
  );
});

async function cutOff(datacenter: string, datacenters: DatacentersPlan): Promise<void> {
  const world = await smallCluster({
    plan: { nodes: NAMES.length, n: N, partitions: 64, engine: "memory", datacenters },
    world: {
      links: farLinks(NAMES, datacenters, WAN),
      settings: { requestTimeoutMs: 1_000, antiEntropyMs: 500 },
    },
  });
  const { cluster, drive, pass } = world;
  const inside = nodesByDatacenter(NAMES, datacenters).get(datacenter) ?? [];
  const outside = NAMES.filter((node) => !inside.includes(node));
  const nodesOf = { inside, outside };
  const kept = datacenters.replicas?.[datacenterNames(datacenters).indexOf(datacenter)] ?? 1;
  const copiesOf = { inside: kept, outside: N - kept };
  for (let trial = 0; trial < TRIALS; trial += 1) await put(world, "n1", `old ${trial}`, "w=3");

  const links = inside.flatMap((from) =>
    outside.flatMap((to) => [
      { from, to },
      { from: to, to: from },
    ]),
  );
  await drive(cluster.network.apply(links, { kind: "black-hole" }));
  await learnWhoIsAway(world);

  const acknowledged: string[] = [];
  const wrong: string[] = [];
  for (const quorum of QUORUMS) {
    for (const side of SIDES) {
      for (const needed of NEEDED) {
        const has = quorum === "strict" ? copiesOf[side] : nodesOf[side].length;
        const expected = has >= needed;
        for (let trial = 0; trial < TRIALS; trial += 1) {
          const node = nodesOf[side][trial % nodesOf[side].length] ?? "";
          const name = `${quorum} ${side} ${needed} ${trial}`;
          const isPut = await put(world, node, name, `w=${needed}&quorum=${quorum}`);
          if (isPut) acknowledged.push(name);
          if (isPut !== expected) wrong.push(`put ${name} through ${node}: ${isPut}`);
          const get = async (query: string): Promise<number> => {
            const target = `${pathOf(`old ${trial}`)}?r=${needed}&quorum=${quorum}${query}`;
            return (await drive(world.ask(node, { target, timeoutMs: 3_000 }))).status;
          };
          const status = await get("");
          // Stand-ins hold nothing of what is old, and that they say so is an answer like any other (K-22).
          const served = quorum === "strict" ? [200] : [200, 404];
          if (served.includes(status) !== expected) {
            wrong.push(`get ${name} through ${node}: ${status}`);
          }
          const found = await get("&notfound=ignore");
          if ((found === 200) !== copiesOf[side] >= needed) {
            wrong.push(`find ${name} through ${node}: ${found}`);
          }
        }
      }
    }
  }
  expect(wrong).toEqual([]);
  expect(acknowledged.length).toBeGreaterThan(0);

  await drive(cluster.network.heal());
  await pass(WHOLE_AFTER_MS);
  for (const name of acknowledged) await expectWhole(world, name);
  for (const node of NAMES) expect((await drive(cluster.status(node))).hints).toBe(0);
  expect(world.crashes).toEqual([]);
}

/** Each node coordinates requests until it has missed those that it cannot reach. */
async function learnWhoIsAway({ ask, drive, pass }: World): Promise<void> {
  for (let round = 0; round < 6; round += 1) {
    await drive(
      Promise.all(
        NAMES.flatMap((node) =>
          [0, 1, 2, 3].map((key) =>
            ask(node, { target: pathOf(`unknown ${key}`), timeoutMs: 2_000 }),
          ),
        ),
      ),
    );
  }
  await pass(KNOWN_AFTER_MS);
}

/** True where the put was acknowledged. The value is the key's name. */
async function put({ ask, drive }: World, node: string, name: string, query: string) {
  const target = `${pathOf(name)}?${query}`;
  const { status } = await drive(
    ask(node, { method: "PUT", target, body: name, timeoutMs: 3_000 }),
  );
  return status === 204;
}

/** All N primaries, and nobody less, hold the same, and a read finds it. */
async function expectWhole({ ask, cluster, drive }: World, name: string): Promise<void> {
  const key = Buffer.from(name);
  const ring = cluster.machine("n1").node?.ring();
  const primaries = ring?.preferenceList(key).slice(0, N) ?? [];
  const copies = await Promise.all(primaries.map((node) => drive(cluster.replica(node, key))));
  expect(new Set(copies.map(({ digest }) => digest)).size, name).toBe(1);
  const { status, body } = await drive(ask("n1", { target: `${pathOf(name)}?r=1` }));
  expect([status, Buffer.from(body).toString()]).toEqual([200, name]);
}
