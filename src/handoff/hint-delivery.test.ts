/*
 * Aim: delivery at its pace, backing off, and to whom (D-4.6-3, D-4.6-4, D-4.6-8). Method: a real replica over a real ring,
 * peers that a test lets answer or fail, and a clock that it moves.
 */

import { describe, expect, test } from "vitest";
import { replicaEnvironment } from "../replica/testing/replica-world.ts";
import { ringFromTable } from "../ring/partition-table.ts";
import { ringUnderChange } from "../ring/ring-under-change.ts";
import { MemoryEngine } from "../storage/memory-engine.ts";
import { hintTargets } from "./hint-targets.ts";
import {
  A,
  B,
  C,
  deliveryWorld,
  GONE,
  keysOf,
  N,
  openOn,
  primariesOf,
  RECORD,
  RING,
  RING_BEFORE,
  SCAN_MS,
  SELF,
  SLOW,
} from "./testing/delivery-world.ts";

describe("hintTargets()", () => {
  test("is the owner among the key's primaries, else all of these", () => {
    const [own = ""] = keysOf(A, 1);
    const [foreign = ""] = keysOf(A, 1, false);
    expect(hintTargets({ owner: A, key: Buffer.from(own) }, RING, N)).toEqual([A]);
    expect(hintTargets({ owner: A, key: Buffer.from(foreign) }, RING, N)).toEqual(
      primariesOf(foreign),
    );
    expect(hintTargets({ owner: GONE, key: Buffer.from(own) }, RING, N)).toEqual(primariesOf(own));
  });
});

test("D-4.9-4 hintTargets() is who will own the key while a change of the ring is open", () => {
  const [foreign = ""] = keysOf(A, 1, false);
  const key = Buffer.from(foreign);
  const { partitionCount, nodes, stamp } = RING;
  const table = { clusterId: "hints", epoch: stamp.epoch, nodes, owners: RING.owners };
  const partition = RING.partitionOf(key);
  const owners = RING.owners.map((owner, index) => (index === partition ? A : owner));
  const next = ringFromTable({ ...table, owners });
  const changing = ringUnderChange(ringFromTable(table), next, stamp);
  expect(partitionCount).toBe(owners.length);
  expect(hintTargets({ owner: A, key }, ringFromTable(table), N)).toEqual(primariesOf(foreign));
  expect(hintTargets({ owner: A, key }, changing, N)).toEqual([A]);
});

describe("HintDelivery to an owner that is busy", () => {
  test("goes on with what it had no place for, and holds none of that back for it (D-5-3)", async () => {
    const { delivery, keep, pass, sent, replica, outcomesOfKeys } = await deliveryWorld();
    const keys = keysOf(A, 12);
    await keep(A, keys);
    // Of each page it takes one.
    const reply = { type: "error-reply", code: "overloaded", message: "" } as const;
    const shed = { kind: "reply", reply } as const;
    for (const key of keys) outcomesOfKeys.set(key, shed);
    delivery.start();
    for (const [round, key] of keys.entries()) {
      outcomesOfKeys.delete(key);
      await pass(4 * SCAN_MS);
      expect(replica.hints.count).toBe(keys.length - 1 - round);
    }
    expect(new Set(sent.map((each) => each.key)).size).toBe(keys.length);
    await delivery.stop();
  });
});

test("HintDelivery of a node that others take for gone gives nothing to anybody, and keeps what it has", async () => {
  let isSilenced = true;
  const { delivery, keep, pass, sent, stop } = await deliveryWorld({
    isSilenced: () => isSilenced,
  });
  await keep(A, keysOf(A, 1));
  delivery.start();
  await pass(5 * SCAN_MS);
  expect(sent).toEqual([]);
  isSilenced = false;
  await pass(2 * SCAN_MS);
  expect(sent).toHaveLength(1);
  await stop();
});

describe("HintDelivery's pace", () => {
  test("D-4.6-3 K-20 many hints go at the share of the rate that is this node's, after one burst", async () => {
    const { delivery, keep, pass, sent, replica, clock } = await deliveryWorld({
      bytesPerSecond: SLOW,
    });
    await keep(A, keysOf(A, 40));
    const startMs = clock.monotonicMs();
    delivery.deliverTo(A);
    await pass(1_000);
    const inFirstSecond = sent.filter(({ atMs }) => atMs - startMs < 1_000);
    // 16 a second, a burst of a tenth of that, and one.
    expect(inFirstSecond.length).toBeGreaterThanOrEqual(16);
    expect(inFirstSecond.length).toBeLessThanOrEqual(19);
    await pass(1_700);
    expect(replica.hints.count).toBe(0);
    expect(sent).toHaveLength(40);
  });

  test("two owners share it by turns", async () => {
    const { delivery, keep, pass, sent } = await deliveryWorld({ bytesPerSecond: SLOW });
    await keep(A, keysOf(A, 48));
    await keep(B, keysOf(B, 48));
    delivery.deliverTo(A);
    delivery.deliverTo(B);
    await pass(4_100);
    const toA = sent.filter(({ to }) => to === A).length;
    expect(sent.length).toBeGreaterThan(60);
    // Never further apart than a window.
    expect(Math.abs(toA - (sent.length - toA))).toBeLessThanOrEqual(16);
  });

  test("a node that stops waits for no hint's turn", async () => {
    const { delivery, keep, pass, clock, replica } = await deliveryWorld({ bytesPerSecond: 4_096 });
    await keep(A, keysOf(A, 20));
    delivery.deliverTo(A);
    await pass(10);
    const stopping = delivery.stop();
    await pass(10);
    await stopping;
    expect(clock.timerCount).toBe(0);
    expect(replica.hints.count).toBeGreaterThan(10);
  });
});

describe("HintDelivery's back-off", () => {
  test("each failure makes the wait longer, up to a bound; a page that was taken ends that", async () => {
    const { delivery, keep, pass, sent, outcomes, replica, metrics } = await deliveryWorld();
    await keep(A, keysOf(A, 1));
    outcomes.set(A, { kind: "timeout" });
    delivery.start();
    await pass(100 * SCAN_MS);
    const gaps = sent.slice(1).map(({ atMs }, at) => atMs - (sent[at]?.atMs ?? 0));
    expect(gaps[0]).toBeLessThanOrEqual(2 * SCAN_MS);
    expect(Math.max(...gaps)).toBeGreaterThan(5 * SCAN_MS);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(11 * SCAN_MS);
    expect(sent.length).toBeLessThan(30);
    expect(metrics.valueOf("ringside_hint_owners_backed_off")).toBe(1);

    outcomes.delete(A);
    await pass(12 * SCAN_MS);
    expect(replica.hints.count).toBe(0);
    expect(metrics.valueOf("ringside_hint_owners_backed_off")).toBe(0);

    // As after a first failure.
    sent.length = 0;
    outcomes.set(A, { kind: "timeout" });
    await keep(A, keysOf(A, 1));
    await pass(4 * SCAN_MS);
    expect(sent.length).toBeGreaterThanOrEqual(2);
    delivery.stop();
  });

  test("holds back a delivery that the owner's return would begin, and no other owner's", async () => {
    const { delivery, keep, pass, sent, outcomes } = await deliveryWorld();
    await keep(A, keysOf(A, 1));
    await keep(B, keysOf(B, 1));
    outcomes.set(A, { kind: "lost", reason: "test" });
    delivery.deliverTo(A);
    await pass(1);
    sent.length = 0;
    delivery.deliverTo(A);
    delivery.deliverTo(B);
    await pass(1);
    expect(sent.map(({ to }) => to)).toEqual([B]);
  });
});

describe("hints whose owner has left the ring", () => {
  test("D-4.6-8 are found at the start and go to all primaries of their key, this node's own row included", async () => {
    const engine = new MemoryEngine();
    const before = await openOn(engine, RING_BEFORE, replicaEnvironment(1));
    const keys = ["k1", "k2", "k3", "k4", "k5", "k6", "k7", "k8"];
    for (const key of keys) await before.store(Buffer.from(key), await RECORD, GONE);

    const { delivery, pass, sent, replica } = await deliveryWorld({ engine });
    delivery.start();
    await pass(2 * SCAN_MS);
    expect(replica.hints.count).toBe(0);
    for (const key of keys) {
      const others = primariesOf(key).filter((node) => node !== SELF);
      const sentTo = sent.filter((each) => each.key === key).map(({ to }) => to);
      expect(sentTo.sort()).toEqual([...others].sort());
      const isOwn = primariesOf(key).includes(SELF);
      expect(await replica.read(Buffer.from(key))).toEqual(isOwn ? await RECORD : undefined);
    }
    await delivery.stop();
  });

  test("go only once every one of these has acknowledged, and the others do not wait for that", async () => {
    const { delivery, keep, pass, sent, outcomes, replica } = await deliveryWorld();
    const [blocked = ""] = keysOf(A, 1);
    const [free = ""] = keysOf(A, 1, false);
    await keep(GONE, [blocked, free]);
    outcomes.set(A, {
      kind: "reply",
      reply: { type: "error-reply", code: "storage", message: "" },
    });
    delivery.start();
    await pass(2 * SCAN_MS);
    expect([...replica.hints.countByOwner]).toEqual([[GONE, 1]]);
    expect(await replica.hints.scan(GONE, { limit: 9 })).toHaveLength(1);
    expect(sent.filter(({ key }) => key === blocked).length).toBeGreaterThan(0);

    outcomes.delete(A);
    await pass(12 * SCAN_MS);
    expect(replica.hints.count).toBe(0);
    await delivery.stop();
  });

  test("a hint for a node that no longer owns the key goes to those who do", async () => {
    const { delivery, keep, pass, sent, replica } = await deliveryWorld();
    const [foreign = ""] = keysOf(A, 1, false);
    await keep(A, [foreign]);
    delivery.deliverTo(A);
    await pass(1);
    expect(sent.map(({ to }) => to).sort()).toEqual([B, C].sort());
    expect(replica.hints.count).toBe(0);
  });
});
