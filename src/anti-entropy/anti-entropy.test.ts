/*
 * Whole nodes over RPC in memory: what an exchange costs, counted on the wire, and what it brings. Nobody reads or writes through
 * a client: rows are put into the engines before the nodes start.
 */
import { beforeAll, describe, expect, test } from "vitest";
import type { ClusterWorld } from "../http/testing/cluster-world.ts";
import type { TableName } from "../storage/engine.ts";
import { MemoryEngine } from "../storage/memory-engine.ts";
import {
  EVERY_MS,
  exchanges,
  fill,
  PARTITIONS,
  recordsOf,
  recordWith,
  rowKeyOf,
  twoNodes,
  VERSIONING,
} from "./testing/filled-engines.ts";

/** A memory engine that counts the rows that were looked up. */
class CountingEngine extends MemoryEngine {
  reads = 0;

  override get(table: TableName, key: Uint8Array) {
    if (table === "records") this.reads += 1;
    return super.get(table, key);
  }
}

/** All that went over the wire, either way, between any nodes. */
function wireBytes(world: ClusterWorld): number {
  let bytes = 0;
  for (const { environment } of world.nodes.values()) {
    for (const direction of ["sent", "received"]) {
      bytes += environment.metrics.valueOf("ringside_rpc_bytes_total", {
        side: "client",
        direction,
      });
    }
  }
  return bytes;
}

describe("two replicas of 100,000 keys", () => {
  const KEYS = 100_000;
  const DIFFERING = 10;
  const engines = [new CountingEngine(), new CountingEngine()] as const;
  let world: ClusterWorld;

  beforeAll(async () => {
    const records = Array.from({ length: KEYS }, (_, number): [string, Uint8Array] => [
      `key ${number}`,
      recordWith(`value ${number}`),
    ]);
    await fill(engines[0], records.slice(3));
    await fill(engines[1], records.slice(0, KEYS - 3));
    // Three that only one has, three that only the other has, four that are concurrent.
    await fill(
      engines[1],
      [10, 20, 30, 40].map((number) => [`key ${number}`, recordWith(`another ${number}`)]),
    );
    world = await twoNodes(engines);
    while (exchanges(world, "differing") === 0) await world.pass(10);
    await world.pass(5);
  }, 60_000);

  test("that differ in 10 of them exchange roots, differing paths and those keys (D-4.7-3)", async () => {
    const bytes = wireBytes(world);
    const others = exchanges(world, "equal") + exchanges(world, "differing") - 1;
    // 3 digits for 1,024 partitions and 2 in a tree of about 98 keys: a mask and 16 hashes each, with heads below 300 bytes.
    const levels = 5;
    // A bucket's leaves, two heads, a record each way and its answer.
    const keyBytes = 8 * 40 + 4 * 150;
    const boundBytes = DIFFERING * (levels * 300 + keyBytes) + others * EQUAL_BYTES_MAX;
    expect(bytes).toBeLessThan(boundBytes);
    const rows = await recordsOf(engines[0]);
    expect(await recordsOf(engines[1])).toEqual(rows);
    expect(rows.size).toBe(KEYS);
  });

  const EQUAL_BYTES_MAX = 400;

  test("that are equal exchange one node of the tree, and look up no row (D-4.7-4, K-19)", async () => {
    for (const engine of engines) engine.reads = 0;
    const before = { bytes: wireBytes(world), equal: exchanges(world, "equal") };
    await world.pass(4 * EVERY_MS);
    const count = exchanges(world, "equal") - before.equal;
    expect(count).toBeGreaterThanOrEqual(4);
    expect(wireBytes(world) - before.bytes).toBeLessThanOrEqual((count + 1) * EQUAL_BYTES_MAX);
    expect(engines.map(({ reads }) => reads)).toEqual([0, 0]);
    expect(exchanges(world, "differing")).toBe(1);
  });
});

describe("an exchange", () => {
  test("makes both sides the merge of both, the same bytes, minting nothing (D-4.7-7)", async () => {
    const engines = [new MemoryEngine(), new MemoryEngine()] as const;
    const base = VERSIONING.decode(recordWith("base"));
    await fill(engines[0], [
      ["older here", recordWith("base")],
      ["concurrent", recordWith("left", base)],
    ]);
    await fill(engines[1], [
      ["older here", recordWith("newer!", base)],
      ["concurrent", recordWith("right", base)],
    ]);
    const world = await twoNodes(engines);
    await world.pass(3 * EVERY_MS);
    const rows = await recordsOf(engines[0]);
    expect(await recordsOf(engines[1])).toEqual(rows);
    const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
    const merged = VERSIONING.merge(
      VERSIONING.decode(recordWith("left", base)),
      VERSIONING.decode(recordWith("right", base)),
    );
    expect(rows.get(hexOf(rowKeyOf("older here")))).toBe(hexOf(recordWith("newer!", base)));
    expect(rows.get(hexOf(rowKeyOf("concurrent")))).toBe(hexOf(VERSIONING.encode(merged)));
  });

  test("leaves partitions alone that the two have not in common", async () => {
    const engines = [new MemoryEngine(), new MemoryEngine()] as const;
    await fill(engines[0], [["key", recordWith("value")]]);
    const world = await twoNodes(engines, { n: 1 });
    await world.pass(3 * EVERY_MS);
    expect((await recordsOf(engines[1])).size).toBe(0);
  });

  test("brings a wiped node all keys again, over many pages, and it knows when it has them (D-4.7-2)", async () => {
    const engines = [new MemoryEngine(), new MemoryEngine()] as const;
    const records = Array.from({ length: 3_000 }, (_, number): [string, Uint8Array] => [
      `key ${number}`,
      recordWith(`value ${number}`),
    ]);
    await fill(engines[1], records);
    const world = await twoNodes(engines);
    expect(await statusOf(world)).toMatchObject({ isSynchronised: false });
    await world.pass(6_000);
    expect(await recordsOf(engines[0])).toEqual(await recordsOf(engines[1]));
    expect(await statusOf(world)).toMatchObject({
      isSynchronised: true,
      partitionsBuilt: PARTITIONS,
    });
  });

  test("is not begun with a peer whose trees are not built", async () => {
    const engine = new MemoryEngine();
    await fill(engine, [["key", recordWith("value")]]);
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow = new MemoryEngine();
    const scan = slow.scan.bind(slow);
    slow.scan = async (table, options) => {
      if (table === "records") await held;
      return scan(table, options);
    };
    const world = await twoNodes([engine, slow]);
    await world.pass(4 * EVERY_MS);
    expect(exchanges(world, "not-built")).toBeGreaterThan(0);
    expect((await recordsOf(engine)).size).toBe(1);
    release();
    await world.pass(3 * EVERY_MS);
    expect(await recordsOf(slow)).toEqual(await recordsOf(engine));
  });
});

async function statusOf(world: ClusterWorld): Promise<unknown> {
  const { antiEntropy } = (await world.status("n1")) as { antiEntropy?: unknown };
  return antiEntropy;
}
