/*
 * A node's trees are those of its rows, whatever is written while they are made, and whichever writes are lost (D-4.7-4). Method:
 * any order of writes, outcomes of writes, and pages of a pass, each page answered with what it found when it was asked and
 * delivered later; in the end each tree against one made of the rows that the engine holds.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { utf8Bytes } from "../base/bytes.ts";
import { nodeId } from "../base/ids.ts";
import { versioningFor } from "../causality/versioning-for.ts";
import { ManualClock } from "../env/testing/manual-clock.ts";
import { quietEnvironment } from "../env/testing/quiet-environment.ts";
import { HashTree } from "../merkle/hash-tree.ts";
import { digestOf, NO_HASH } from "../merkle/leaf.ts";
import type { Engine, Entry } from "../storage/engine.ts";
import { SlowEngine } from "../storage/testing/slow-engine.ts";
import { LocalActors } from "./local-actors.ts";
import { encodeRow, recordOf } from "./row.ts";
import { keyOfRecordRow, partitionOfRecordRow, recordRowKey } from "./row-keys.ts";
import type { Place } from "./rows.ts";
import { Rows } from "./rows.ts";
import { TreeKeeper } from "./tree-keeper.ts";

const PARTITIONS = 4;
const VERIFY_MS = 1_000;
const LIFE = { incarnation: "incarnation", nextEpoch: 0, takeEpoch: () => 0 };

/** Rows over an engine whose writes and pages end when the test says so. */
class World {
  readonly clock = new ManualClock();
  readonly engine = new SlowEngine();
  readonly environment = { ...quietEnvironment(this.clock), transport: NO_NETWORK };
  readonly keeper: TreeKeeper;
  readonly rows: Rows;
  readonly #pages: (() => void)[] = [];
  readonly #settled: Promise<unknown>[] = [];

  constructor() {
    const engine: Engine = {
      name: "held",
      synced: true,
      ordered: true,
      // Tells later what it found at once, so that a write comes in between.
      get: async (table, key) => {
        const found = await this.engine.get(table, key);
        await turn();
        return found;
      },
      write: (writes) => this.engine.write(writes),
      count: (table) => this.engine.count(table),
      close: () => this.engine.close(),
      scan: async (table, options): Promise<readonly Entry[]> => {
        const found = await this.engine.scan(table, options);
        await new Promise<void>((resolve) => this.#pages.push(resolve));
        return found;
      },
    };
    this.keeper = new TreeKeeper(this.environment, {
      engine,
      partitionCount: PARTITIONS,
      canonical: (record) => record,
    });
    this.rows = new Rows({
      engine,
      versioning: versioningFor("dvvset"),
      actors: new LocalActors(nodeId("self"), LIFE),
      lost: { increment: () => {} },
      damaged: { increment: () => {} },
      watch: this.keeper,
      assertions: this.environment.assertions,
    });
  }

  write(key: number, record: string): void {
    const row = { localActor: undefined, record: utf8Bytes(record) };
    this.#settled.push(this.rows.write(placeOf(key), row).catch(() => {}));
  }

  remove(key: number): void {
    this.#settled.push(this.rows.remove(placeOf(key)).catch(() => {}));
  }

  async finish(outcome: "stored" | "failed"): Promise<void> {
    await this.engine.finishOne(outcome);
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** The next page of a pass arrives, where one is on its way; then time passes. */
  async pass(ms: number): Promise<void> {
    this.#pages.shift()?.();
    await turn();
    this.clock.advance(ms);
    await turn();
  }

  /** Ends all writes, and as many pages as it takes to have every tree. */
  async settle(): Promise<void> {
    while (this.engine.waiting > 0) await this.finish("stored");
    await Promise.all(this.#settled);
    for (let pages = 0; pages < 30; pages += 1) await this.pass(60);
  }

  /** By partition: the root of the tree, and what it should be. */
  async roots(): Promise<{ readonly kept: readonly string[]; readonly true: readonly string[] }> {
    const trees = Array.from({ length: PARTITIONS }, () => new HashTree());
    for (const { key, value } of await this.engine.scan("records", { limit: 1_000 })) {
      const digest = digestOf(recordOf(value ?? new Uint8Array(0)));
      trees[partitionOfRecordRow(key)]?.put({ key: keyOfRecordRow(key), digest });
    }
    return {
      kept: trees.map((_, partition) => this.keeper.treeOf(partition)?.hash() ?? NO_HASH),
      true: trees.map((tree) => tree.hash()),
    };
  }
}

const NO_NETWORK = {
  connect: (): never => {
    throw new Error("Cannot connect: trees have no business with it");
  },
  listen: (): never => {
    throw new Error("Cannot listen: trees have no business with it");
  },
};

function placeOf(key: number): Place {
  const keyText = `key ${key}`;
  const rowKey = recordRowKey(key % PARTITIONS, utf8Bytes(keyText));
  return { table: "records", rowKey, keyText, owner: undefined };
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}

const key = fc.nat({ max: 15 });
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant("write" as const), key, record: fc.nat(9) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("remove" as const), key }) },
  { weight: 3, arbitrary: fc.constant({ do: "store" as const }) },
  { weight: 2, arbitrary: fc.constant({ do: "fail" as const }) },
  { weight: 3, arbitrary: fc.constant({ do: "page" as const }) },
  { weight: 1, arbitrary: fc.constant({ do: "verify" as const }) },
);

describe("TreeKeeper", () => {
  test("D-4.7-4 keeps the trees of its rows, whatever happens while they are made or checked", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 60 }),
        fc.nat({ max: 10 }),
        // Without later passes nothing puts right what the first one got wrong.
        fc.constantFrom(0, VERIFY_MS),
        async (steps, before, verifyMs) => {
          const world = new World();
          for (let number = 0; number < before; number += 1) world.write(number, "before");
          while (world.engine.waiting > 0) await world.finish("stored");
          world.keeper.start({ verifyMs, pageRows: 2 });
          for (const each of steps) {
            if (each.do === "write") world.write(each.key, `record ${each.record}`);
            else if (each.do === "remove") world.remove(each.key);
            else if (each.do === "store") await world.finish("stored");
            else if (each.do === "fail") await world.finish("failed");
            else await world.pass(each.do === "page" ? 60 : VERIFY_MS);
          }
          await world.settle();
          expect(world.keeper.isBuilt).toBe(true);
          const roots = await world.roots();
          expect(roots.kept).toEqual(roots.true);
          expect(world.environment.metrics.valueOf("ringside_merkle_drift_total")).toBe(0);
          const stopped = world.keeper.stop();
          await world.pass(0);
          await stopped;
          expect(world.clock.timerCount).toBe(0);
        },
      ),
      { numRuns: 200 },
    );
  });

  test("D-4.7-4, K-19 counts what has drifted from its rows, and puts it right", async () => {
    const world = new World();
    world.write(1, "a");
    world.write(2, "b");
    while (world.engine.waiting > 0) await world.finish("stored");
    world.keeper.start({ verifyMs: VERIFY_MS });
    await world.settle();
    // Past the rows, as a disk does that loses a write or brings back an old one.
    const value = encodeRow({ localActor: undefined, record: utf8Bytes("other") });
    await world.engine.durable.write([{ table: "records", key: placeOf(1).rowKey, value }]);
    await world.engine.durable.write([
      { table: "records", key: placeOf(2).rowKey, value: undefined },
    ]);
    const before = await world.roots();
    expect(before.kept).not.toEqual(before.true);
    await world.pass(VERIFY_MS);
    await world.settle();
    const after = await world.roots();
    expect(after.kept).toEqual(after.true);
    expect(world.environment.metrics.valueOf("ringside_merkle_drift_total")).toBe(2);
  });

  test("D-4.9-4 shows nothing of a lost write from the turn on in which it is lost, though its row is still to be read", async () => {
    const world = new World();
    world.keeper.start({ verifyMs: 0, pageRows: 20 });
    await world.settle();
    world.write(1, "lost");
    const count = () => world.keeper.treeOf(1)?.count ?? 0;
    expect(count()).toBe(1);
    const nothingLost = world.rows.lossWatch();
    await world.engine.finishOne("failed");
    expect(await nothingLost()).toBe(false);
    expect(count()).toBe(0);
    // Who begins to watch now sees nothing that is not there.
    expect(await world.rows.lossWatch()()).toBe(true);
    await world.settle();
    expect((await world.roots()).kept).toEqual((await world.roots()).true);
  });

  test("D-4.7-4 leaves out a row whose bytes cannot be a row, and counts it", async () => {
    const world = new World();
    const rowKey = placeOf(1).rowKey;
    await world.engine.durable.write([{ table: "records", key: rowKey, value: new Uint8Array(1) }]);
    world.keeper.start({ verifyMs: 0 });
    for (let pages = 0; pages < 3; pages += 1) await world.pass(10);
    expect(world.keeper.isBuilt).toBe(true);
    expect(world.keeper.treeOf(1)?.count ?? 0).toBe(0);
    expect(world.environment.metrics.valueOf("ringside_merkle_damaged_rows_total")).toBe(1);
  });

  test("keeps nothing before it is started", async () => {
    const world = new World();
    world.write(1, "a");
    expect(world.keeper.treeOf(1)).toBeUndefined();
    expect(world.keeper.isBuilt).toBe(false);
    expect(world.clock.timerCount).toBe(0);
  });
});
