/*
 * Aim: one hint that cannot be delivered holds up no other, is told of and is tried again (D-4.6-3). Method: an owner that takes
 * every key but some.
 */
import { describe, expect, test } from "vitest";
import { hintRowKey } from "../replica/row-keys.ts";
import type { Outcome } from "../rpc/contract.ts";
import { MemoryEngine } from "../storage/memory-engine.ts";
import { A, deliveryWorld, keysOf, RECORD, RING, SCAN_MS } from "./testing/delivery-world.ts";

const REFUSED: Outcome = {
  kind: "reply",
  reply: { type: "error-reply", code: "bad-request", message: "no record" },
};
const TOO_LARGE: Outcome = { kind: "not-sent", reason: "the frame is too large" };

/** In the order in which they are scanned. */
function sorted(keys: readonly string[]): string[] {
  const rowKeyOf = (key: string) =>
    Buffer.from(hintRowKey(A, RING.partitionOf(Buffer.from(key)), Buffer.from(key)));
  return keys.toSorted((left, right) => Buffer.compare(rowKeyOf(left), rowKeyOf(right)));
}

describe("hints that their owner does not take", () => {
  test("are passed over, many pages of them, and every other is delivered in the same round", async () => {
    const world = await deliveryWorld();
    const keys = sorted(keysOf(A, 60));
    const bad = keys.filter((_, at) => at % 4 === 0);
    for (const key of bad) world.outcomesOfKeys.set(key, REFUSED);
    await world.keep(A, keys);
    world.delivery.deliverTo(A);
    await world.pass(5);
    expect(world.replica.hints.count).toBe(bad.length);
    expect(world.metrics.valueOf("ringside_hints_failing")).toBe(bad.length);
    expect(world.metrics.valueOf("ringside_hint_failures_total")).toBe(bad.length);
    expect(world.metrics.valueOf("ringside_hint_owners_backed_off")).toBe(0);
  });

  test("are tried again, ever more rarely, and go once they are taken", async () => {
    const { delivery, keep, outcomesOfKeys, pass, sent, replica, metrics, stop } =
      await deliveryWorld();
    const [bad = "", ...others] = sorted(keysOf(A, 3));
    outcomesOfKeys.set(bad, REFUSED);
    await keep(A, [bad, ...others]);
    delivery.start();
    await pass(60 * SCAN_MS);
    const times = sent.filter(({ key }) => key === bad).map(({ atMs }) => atMs);
    const gaps = times.slice(1).map((atMs, at) => atMs - (times[at] ?? 0));
    expect(gaps.length).toBeGreaterThan(4);
    expect(Math.max(...gaps)).toBeGreaterThan(4 * SCAN_MS);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(11 * SCAN_MS);
    expect(sent).toHaveLength(times.length + others.length);
    outcomesOfKeys.delete(bad);
    await pass(12 * SCAN_MS);
    expect(replica.hints.count).toBe(0);
    expect(metrics.valueOf("ringside_hints_failing")).toBe(0);
    await stop();
  });

  test("are told of no longer once something else has removed them", async () => {
    const { delivery, keep, outcomesOfKeys, pass, replica, metrics, stop } = await deliveryWorld();
    const [bad = ""] = sorted(keysOf(A, 1));
    outcomesOfKeys.set(bad, REFUSED);
    await keep(A, [bad]);
    delivery.start();
    await pass(4 * SCAN_MS);
    expect(metrics.valueOf("ringside_hints_failing")).toBe(1);
    await replica.hints.drop(A, Buffer.from(bad), await RECORD);
    await pass(2 * SCAN_MS);
    expect(metrics.valueOf("ringside_hints_failing")).toBe(0);
    await stop();
  });

  test("and look as if the owner was away stop nothing but themselves after the first time", async () => {
    const { delivery, keep, outcomesOfKeys, pass, replica, sent, stop } = await deliveryWorld();
    const keys = sorted(keysOf(A, 60));
    const [bad = ""] = keys;
    outcomesOfKeys.set(bad, TOO_LARGE);
    await keep(A, keys);
    delivery.start();
    await pass(3 * SCAN_MS);
    expect(replica.hints.count).toBe(1);
    expect(sent.filter(({ key }) => key === bad).length).toBeGreaterThan(1);
    await stop();
  });

  test("one after the other end a round, and the next one begins behind them", async () => {
    const { delivery, keep, outcomesOfKeys, pass, replica, sent, stop } = await deliveryWorld();
    const keys = sorted(keysOf(A, 80));
    const bad = keys.slice(0, 40);
    for (const key of bad) outcomesOfKeys.set(key, REFUSED);
    await keep(A, keys);
    delivery.deliverTo(A);
    await pass(3);
    expect(sent).toHaveLength(16);
    delivery.start();
    await pass(20 * SCAN_MS);
    expect(replica.hints.count).toBe(bad.length);
    await stop();
  });
});

test("a hint that cannot be read stays, is told of and holds up no other", async () => {
  const engine = new MemoryEngine();
  const world = await deliveryWorld({ engine });
  const [unreadable = "", ...others] = sorted(keysOf(A, 20));
  await world.keep(A, [unreadable, ...others]);
  const key = Buffer.from(unreadable);
  const rowKey = hintRowKey(A, RING.partitionOf(key), key);
  // A format that this program does not know.
  await engine.write([{ table: "hints", key: rowKey, value: Uint8Array.of(255) }]);
  world.delivery.start();
  await world.pass(3 * SCAN_MS);
  expect(world.sent.map((each) => each.key).sort()).toEqual(others.toSorted());
  expect(world.replica.hints.count).toBe(1);
  expect(world.metrics.valueOf("ringside_unreadable_hints_total")).toBeGreaterThan(1);
  await engine.write([
    { table: "hints", key: rowKey, value: Uint8Array.of(1, 0, ...(await RECORD)) },
  ]);
  await world.pass(2 * SCAN_MS);
  expect(world.replica.hints.count).toBe(0);
  await world.stop();
});
