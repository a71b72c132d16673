/*
 * Aim: what becomes of clients' writes where hints are refused or die with their keeper (D-4.6-8, K-20). Method: five
 * simulated nodes, N=3 R=W=2, the first of which is away while keys of its own are written.
 */

import { describe, expect, test } from "vitest";
import { utf8Bytes } from "../../../src/base/bytes.ts";
import { pathOf, smallCluster } from "./testing/small-cluster.ts";
import type { WorldPlan } from "./world-plan.ts";

const AWAY = "n1";
const KEY_COUNT = 20;
/** Longer than a request, its coordinator's last hints and a scan take together. */
const SETTLED_MS = 6_000;

async function withoutFirst(settings: WorldPlan["settings"]) {
  const world = await smallCluster({
    plan: { nodes: 5 },
    world: { settings: { antiEntropyMs: 0, ...settings } },
  });
  const { cluster, drive, ask, pass } = world;
  const ring = cluster.machine(AWAY).node?.ring();
  const keys = Array.from({ length: 200 }, (_, number) => `key ${number}`)
    .filter((key) =>
      ring
        ?.preferenceList(utf8Bytes(key))
        .slice(0, 3)
        .some((node) => node === AWAY),
    )
    .slice(0, KEY_COUNT);
  cluster.machine(AWAY).kill("process");
  const others = cluster.nodes.filter((node) => node !== AWAY);
  /** Sum over the nodes that are up. */
  const sumOf = (name: string): number =>
    others.reduce((sum, node) => {
      const { metrics } = cluster.machine(node);
      return sum + (metrics?.gauges().get(name) ?? metrics?.counters().get(name) ?? 0);
    }, 0);
  return {
    ...world,
    keys,
    others,
    sumOf,
    /** Statuses of a write of every key, one after the other, over all nodes by turns. */
    writeAll: async () => {
      const statuses: number[] = [];
      for (const [at, key] of keys.entries()) {
        const node = others[at % others.length] ?? "";
        const request = { method: "PUT", target: pathOf(key), body: `value of ${key}` };
        statuses.push((await drive(ask(node, request))).status);
      }
      await pass(SETTLED_MS);
      return statuses;
    },
    comeBack: async () => {
      await drive(cluster.machine(AWAY).start());
      await pass(SETTLED_MS);
    },
    /** How many keys the node that was away has no copy of. */
    missing: async () => {
      const copies = await drive(
        Promise.all(keys.map((key) => cluster.replica(AWAY, utf8Bytes(key)))),
      );
      return copies.filter(({ digest }) => digest === null).length;
    },
    /** What reads of all N find; they repair. */
    readAll: async () => {
      const bodies: string[] = [];
      for (const key of keys) {
        const answer = await drive(ask("n2", { target: `${pathOf(key)}?r=3` }));
        bodies.push(Buffer.from(answer.body).toString());
      }
      await pass(SETTLED_MS);
      return bodies;
    },
  };
}

describe("hints of a node that was away", () => {
  test("whole, bring it every write", async () => {
    const { keys, writeAll, comeBack, missing, sumOf } = await withoutFirst({});
    expect(new Set(await writeAll())).toEqual(new Set([204]));
    expect(sumOf("ringside_hints")).toBeGreaterThanOrEqual(keys.length);
    await comeBack();
    expect(await missing()).toBe(0);
    expect(sumOf("ringside_hints")).toBe(0);
  });

  test("K-20 that go with a wiped holder leave it without these writes and no client: reads bring them back", async () => {
    const { cluster, keys, others, drive, writeAll, comeBack, missing, readAll } =
      await withoutFirst({});
    expect(new Set(await writeAll())).toEqual(new Set([204]));
    const hintsOf = (node: string) =>
      cluster.machine(node).metrics?.gauges().get("ringside_hints") ?? 0;
    const [holder = ""] = [...others].sort((one, other) => hintsOf(other) - hintsOf(one));
    const destroyed = hintsOf(holder);
    const machine = cluster.machine(holder);
    machine.kill("power");
    machine.disk.wipe();
    await drive(machine.start());
    await comeBack();
    // No more than was destroyed, and some of it: the test would prove nothing else.
    expect(await missing()).toBeGreaterThan(0);
    expect(await missing()).toBeLessThanOrEqual(destroyed);
    expect(await readAll()).toEqual(keys.map((key) => `value of ${key}`));
    expect(await missing()).toBe(0);
  });

  test("that nobody has room for: writes go on, each refused hint is counted, the alarm rises and falls, reads repair", async () => {
    const { keys, others, writeAll, comeBack, missing, readAll, sumOf, cluster, drive } =
      await withoutFirst({ hintsMax: 2 });
    expect(new Set(await writeAll())).toEqual(new Set([204]));
    const kept = sumOf("ringside_hints");
    expect(kept).toBeLessThanOrEqual(4 * 2);
    expect(kept).toBeGreaterThan(0);
    const unkept = sumOf("ringside_hints_lost_total");
    expect(unkept).toBeGreaterThanOrEqual(keys.length - kept);
    expect(sumOf("ringside_hints_refused_total")).toBeGreaterThanOrEqual(unkept);
    expect(sumOf("ringside_hints_limit_reached")).toBeGreaterThan(0);
    const statuses = await drive(Promise.all(others.map((node) => cluster.status(node))));
    expect(
      statuses.some((status) => "hintsLimitReached" in status && status.hintsLimitReached),
    ).toBe(true);

    await comeBack();
    expect(sumOf("ringside_hints")).toBe(0);
    expect(sumOf("ringside_hints_limit_reached")).toBe(0);
    expect(await missing()).toBeGreaterThan(0);
    expect(await missing()).toBeLessThanOrEqual(unkept);
    expect(await readAll()).toEqual(keys.map((key) => `value of ${key}`));
    expect(await missing()).toBe(0);
  });
});
