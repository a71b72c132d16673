/** Aim: the operator of a simulated cluster carries its orders out one after the other, whatever is lost, and says which one never ends. */
import { expect, test } from "vitest";
import { CALM_WORLD } from "../drivers/sim/calm-world.ts";
import { pathOf, smallCluster } from "../drivers/sim/testing/small-cluster.ts";
import { MemberOrders } from "./member-orders.ts";

const WORLD = {
  ...CALM_WORLD,
  spares: 2,
  settings: { gossipMs: 100, antiEntropyMs: 200, hintScanMs: 100 },
};

async function open() {
  const small = await smallCluster({ world: WORLD, plan: { nodes: 4 } });
  return { ...small, orders: new MemberOrders(small.cluster) };
}

test("a node joins, another leaves with nothing left behind, and what was written is still there", async () => {
  const { cluster, drive, ask, orders } = await open();
  const keys = Array.from({ length: 30 }, (_, number) => `key ${number}`);
  for (const key of keys) {
    const put = { method: "PUT", target: pathOf(key), body: key };
    expect((await drive(ask("n1", put))).status).toBe(204);
  }
  const done: string[] = [];
  const carryOut = (kind: "join" | "leave", node: string) =>
    orders.carryOut({ kind, startMs: 0, node }).then(() => done.push(`${kind} ${node}`));
  const all = [carryOut("join", "n5"), carryOut("leave", "n2"), carryOut("leave", "n5")];
  await drive(Promise.all(all));
  expect(done).toEqual(["join n5", "leave n2", "leave n5"]);
  expect(await drive(orders.settled())).toEqual([]);
  expect(cluster.nodes).toEqual(["n1", "n3", "n4"]);
  for (const gone of ["n2", "n5"]) {
    const { disk, isRunning } = cluster.machine(gone);
    expect([isRunning, disk.rows().filter(({ table }) => table !== "membership").length]).toEqual([
      false,
      disk.rows().filter(({ table }) => table === "incarnations").length,
    ]);
  }
  for (const key of keys) {
    const answer = await drive(ask("n4", { target: `${pathOf(key)}?r=3` }));
    expect([answer.status, Buffer.from(answer.body).toString()]).toEqual([200, key]);
  }
});

test("an order that no disk has any more is given again", async () => {
  const { cluster, drive, pass, orders } = await open();
  const done = orders.carryOut({ kind: "join", startMs: 0, node: "n5" });
  while (cluster.membership?.open === undefined) await pass(1);
  for (const machine of cluster.everyNode.values()) {
    machine.kill("power");
    machine.disk.wipe();
  }
  expect(cluster.membership?.open).toBeUndefined();
  for (const name of cluster.nodes) await drive(cluster.machine(name).start());
  const settled = orders.settled();
  await drive(done);
  expect(await drive(settled)).toEqual([]);
  expect(cluster.nodes).toContain("n5");
});

test("an order that nobody can carry out is a finding, in words", async () => {
  const { cluster, drive, orders } = await open();
  for (const name of cluster.nodes) cluster.machine(name).pause();
  orders.carryOut({ kind: "join", startMs: 0, node: "n5" });
  const [finding] = await drive(orders.settled());
  expect(finding?.anomaly).toBe("a join is never complete");
  expect(finding?.detail).toMatch(
    /the join of n5 is not over: members are n1, n2, n3, n4,.*did not answer/,
  );
});
