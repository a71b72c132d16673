/*
 * Aim: one key that cannot be read, sent or stored ends no exchange (D-4.7-2), and damaged rows are repaired by exchange alone (issue 5).
 * Method: two nodes over RPC in memory, on engines of which some rows are garbled, or are none that this program can read.
 */
import { describe, expect, test } from "vitest";
import type { ClusterWorld } from "../http/testing/cluster-world.ts";
import { DamageError } from "../storage/engine.ts";
import { KeptEngine } from "../storage/testing/kept-engine.ts";
import { SlowEngine } from "../storage/testing/slow-engine.ts";
import {
  EVERY_MS,
  exchanges,
  fill,
  recordsOf,
  recordWith,
  rowKeyOf,
  twoNodes,
  VERSIONING,
} from "./testing/filled-engines.ts";

const KEYS = Array.from({ length: 200 }, (_, number) => `key ${number}`);

function failedKeys(world: ClusterWorld, name: string): number {
  const { metrics } = world.at(name).environment;
  return metrics.valueOf("ringside_anti_entropy_keys_total", { how: "failed" });
}

function failingNow(world: ClusterWorld, name: string): number {
  return world.at(name).environment.metrics.valueOf("ringside_anti_entropy_keys_failing");
}

/** A row with a good checksum in a format of tomorrow. */
async function makeUnreadable(engine: KeptEngine, key: string): Promise<void> {
  await engine.write([{ table: "records", key: rowKeyOf(key), value: Uint8Array.of(255) }]);
}

describe("a key that cannot be brought together", () => {
  test("holds up no other, is told of, and is tried again until it can be", async () => {
    const engines = [new KeptEngine(), new KeptEngine()] as const;
    await fill(
      engines[0],
      KEYS.map((key) => [key, recordWith(key)]),
    );
    // Unreadable here and newer there, each of a fifth of the keys.
    const bad = KEYS.filter((_, at) => at % 5 === 0);
    for (const key of bad) {
      await makeUnreadable(engines[0], key);
      await fill(engines[1], [[key, recordWith(`${key}, newer`)]]);
    }
    const world = await twoNodes(engines);
    await world.pass(4 * EVERY_MS);
    const rows = await recordsOf(engines[1]);
    expect(rows.size).toBe(KEYS.length);
    expect(exchanges(world, "incomplete")).toBeGreaterThan(0);
    expect(exchanges(world, "failed")).toBe(0);
    expect(failedKeys(world, "n1")).toBeGreaterThanOrEqual(bad.length);
    expect(failingNow(world, "n1")).toBe(bad.length);
    expect(await world.status("n1")).toMatchObject({
      antiEntropy: { isSynchronised: false, keysFailing: bad.length },
    });

    const before = failedKeys(world, "n1");
    await world.pass(40 * EVERY_MS);
    const retries = (failedKeys(world, "n1") - before) / bad.length;
    expect(retries).toBeGreaterThanOrEqual(2);
    expect(retries).toBeLessThan(10);

    for (const key of bad)
      await engines[0].write([{ table: "records", key: rowKeyOf(key), value: undefined }]);
    await world.pass(20 * EVERY_MS);
    expect(await recordsOf(engines[0])).toEqual(await recordsOf(engines[1]));
    expect(failingNow(world, "n1")).toBe(0);
  });
});

describe("a write that shows and is not stored", () => {
  /** n2 has it, n1 shows it; no exchange has begun since. */
  async function shownOnly() {
    const engine = new SlowEngine({ auto: true });
    const world = await twoNodes([engine, new KeptEngine()]);
    while (exchanges(world, "equal") < 2) await world.pass(10);
    engine.auto = false;
    expect(await world.write("n1", "key", "value")).toBe(204);
    expect(engine.waiting).toBe(1);
    return { engine, world, before: exchangesOf(world, "n1") };
  }

  test("is waited for by an exchange that finds equal trees (D-4.9-4)", async () => {
    const { engine, world, before } = await shownOnly();
    await world.pass(5 * EVERY_MS);
    expect(exchangesOf(world, "n1")).toEqual(before);
    await engine.finishOne("stored");
    engine.auto = true;
    await world.pass(10);
    expect(exchangesOf(world, "n1")).toEqual({ ...before, equal: before.equal + 1 });
  });

  test("and is then lost makes the exchange incomplete, and the next one brings it (D-4.9-4)", async () => {
    const { engine, world, before } = await shownOnly();
    await world.pass(5 * EVERY_MS);
    await engine.finishOne("failed");
    engine.auto = true;
    await world.pass(10);
    expect(exchangesOf(world, "n1")).toEqual({ ...before, incomplete: 1 });
    expect((await recordsOf(engine.durable)).size).toBe(0);
    await world.pass(3 * EVERY_MS);
    expect((await recordsOf(engine.durable)).size).toBe(1);
    expect(exchangesOf(world, "n1")).toMatchObject({ incomplete: 1 });
  });
});

/** By outcome: exchanges that the node began. */
function exchangesOf(world: ClusterWorld, name: string) {
  const { metrics } = world.at(name).environment;
  const count = (outcome: string) =>
    metrics.valueOf("ringside_anti_entropy_exchanges_total", { outcome });
  return {
    equal: count("equal"),
    differing: count("differing"),
    incomplete: count("incomplete"),
    failed: count("failed"),
  };
}

describe("a damaged row", () => {
  const OLD = recordWith("old");
  const NEWER = recordWith("newer", VERSIONING.decode(OLD));

  /** Two nodes with trees of whole rows, `records` by node, of which some are damaged since; no exchange has begun. */
  async function damagedSince(
    records: readonly [Uint8Array, Uint8Array],
    damaged: readonly (0 | 1)[],
  ) {
    const engines = [new KeptEngine(), new KeptEngine()] as const;
    await fill(engines[0], [["key", records[0]]]);
    await fill(engines[1], [["key", records[1]]]);
    const world = await twoNodes(engines, { verifyTreesMs: 10 * EVERY_MS });
    await world.pass(10);
    expect(await world.status("n1")).toMatchObject({ antiEntropy: { exchanges: {} } });
    for (const at of damaged) engines[at].damageRow("records", rowKeyOf("key"));
    return { engines, world };
  }

  test.each([
    { name: "here", damaged: [0], left: NEWER },
    { name: "at the peer", damaged: [1], left: OLD },
  ] as const)("$name gives way to the whole one of the other side", async ({ damaged, left }) => {
    const { engines, world } = await damagedSince([OLD, NEWER], damaged);
    await world.pass(4 * EVERY_MS);
    const rows = await recordsOf(engines[0]);
    expect([...rows.values()]).toEqual([Buffer.from(left).toString("hex")]);
    expect(await recordsOf(engines[1])).toEqual(rows);
  });

  test("that was equal on both sides is found by the next pass over the rows, and repaired (D-4.7-4)", async () => {
    const { engines, world } = await damagedSince([OLD, OLD], [0]);
    await world.pass(5 * EVERY_MS);
    // Nobody has read it.
    await expect(engines[0].get("records", rowKeyOf("key"))).rejects.toThrow(DamageError);
    await world.pass(10 * EVERY_MS);
    expect(await recordsOf(engines[0])).toEqual(await recordsOf(engines[1]));
    const { metrics } = world.at("n1").environment;
    expect(metrics.valueOf("ringside_merkle_damaged_rows_total")).toBe(1);
  });

  test("on both sides is no difference that has gone: it is told of until one of them has it again", async () => {
    const { engines, world } = await damagedSince([OLD, NEWER], [0, 1]);
    await world.pass(5 * EVERY_MS);
    expect(failingNow(world, "n1")).toBe(1);
    await fill(engines[1], [["key", NEWER]]);
    await world.pass(20 * EVERY_MS);
    expect(await recordsOf(engines[0])).toEqual(await recordsOf(engines[1]));
    expect(failingNow(world, "n1")).toBe(0);
  });
});
