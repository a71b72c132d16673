import { describe, expect, test } from "vitest";
import { SeededRandom } from "../../../../src/base/seeded-random.ts";
import type { Engine, Write } from "../../../../src/storage/engine.ts";
import type { DiskKind } from "./sim-disk-options.ts";
import type { DiskWorld } from "./testing/disk-world.ts";
import { diskWorld, put, remove, settled } from "./testing/disk-world.ts";
import type { RowTexts } from "./testing/row-watcher.ts";
import { textsOf, withChanges } from "./testing/row-watcher.ts";

/*
 * Aim: a crash leaves what it may leave and nothing else, over many seeds; and what it may do does happen.
 *
 * Method: each seed drives a disk through several lives of random writes, time, full and slow phases. Writes of one commit
 * group share one promise, so that the groups are known from outside. After each crash the rows must be those of some
 * prefix of the life's groups, at least of the acknowledged ones where the kind promises that. Every step compares what the
 * observer was told with what the disk shows.
 */

const SEEDS = Array.from({ length: 120 }, (_, index) => index);

/** Over all seeds, so that what may happen is seen to happen. */
class Totals {
  tornGroups = 0;
  acknowledgedLost = 0;
  unacknowledgedKept = 0;
  unacknowledgedLost = 0;
  failed = 0;
}

describe.each([
  ["synced", "process"],
  ["synced", "power"],
  ["unsynced", "process"],
  ["unsynced", "power"],
] as const)("crashes of kind %s by %s", (kind, how) => {
  test("leave a prefix of the commit groups, and what was promised", async () => {
    const totals = new Totals();
    for (const seed of SEEDS) {
      await new Lives(kind, how, seed, totals).run();
    }
    expect(totals.failed).toBeGreaterThan(SEEDS.length / 10);
    expect(totals.unacknowledgedKept).toBeGreaterThan(2);
    expect(totals.unacknowledgedLost).toBeGreaterThan(2);
    expect(totals.tornGroups).toBeGreaterThan(2);
    if (kind === "unsynced" && how === "power") {
      expect(totals.acknowledgedLost).toBeGreaterThan(SEEDS.length / 10);
    } else {
      expect(totals.acknowledgedLost).toBe(0);
    }
  });
});

test("the same seed and calls leave the same bytes, other seeds others", async () => {
  const runs = [];
  for (const seed of [1, 1, 2]) {
    const totals = new Totals();
    const lives = new Lives("synced", "power", seed, totals);
    await lives.run();
    runs.push(Buffer.from(lives.world.disk.snapshot().bytes).toString("hex"));
  }
  expect(runs[1]).toBe(runs[0]);
  expect(runs[2]).not.toBe(runs[0]);
});

interface Group {
  readonly writes: Write[];
  outcome: "waits" | "stored" | "failed";
}

class Lives {
  readonly world: DiskWorld;
  readonly #how: "process" | "power";
  readonly #random: SeededRandom;
  readonly #totals: Totals;
  #engine: Engine;
  #base: RowTexts = {};
  /** Of this life, in their order. */
  #groups: Group[] = [];
  readonly #underWay = new WeakMap<Promise<void>, Group>();
  #writeCount = 0;
  #isFull = false;
  /** True where a crash must leave all that was acknowledged. */
  readonly #mustKeepAcknowledged: boolean;

  constructor(kind: DiskKind, how: "process" | "power", seed: number, totals: Totals) {
    this.world = diskWorld(kind, seed);
    this.#how = how;
    this.#random = new SeededRandom(`lives ${seed}`);
    this.#totals = totals;
    this.#mustKeepAcknowledged = kind === "synced" || how === "process";
    this.#engine = this.world.disk.open();
  }

  async run(): Promise<void> {
    for (let step = 0; step < 60; step += 1) {
      await this.#step();
      expect(this.world.watcher.visible).toEqual(textsOf(this.world.disk.rows()));
    }
    this.#totals.tornGroups += this.world.disk.counts.tornGroups;
  }

  async #step(): Promise<void> {
    const chosen = this.#random.integer(20);
    if (chosen < 10) {
      this.#write();
    } else if (chosen < 16) {
      this.world.clock.advance(this.#random.float() * this.#random.pick([3, 10, 200]));
      await settled();
    } else if (chosen < 17) {
      this.#isFull = !this.#isFull && this.#random.integer(2) === 0;
      this.world.disk.setFull(this.#isFull);
    } else if (chosen < 18) {
      this.world.disk.setSlow(this.#random.pick([undefined, { readMs: 0, writeMs: 20 }]));
    } else if (chosen < 19) {
      await this.#reopen();
    } else {
      await settled();
      this.#crash();
    }
  }

  #write(): void {
    const writes = Array.from({ length: 1 + this.#random.integer(3) }, () => {
      this.#writeCount += 1;
      const key = this.#random.pick(["a", "b", "c", "d"]);
      const table = this.#random.pick(["records", "hints"] as const);
      return this.#random.integer(4) === 0
        ? remove(key, table)
        : put(key, `value ${this.#writeCount}`, table);
    });
    const { durableCount } = this.world.watcher;
    const promise = this.#engine.write(writes);
    if (this.world.watcher.durableCount > durableCount) {
      this.#groups.push({ writes, outcome: "stored" });
      return;
    }
    const known = this.#underWay.get(promise);
    if (known !== undefined) {
      known.writes.push(...writes);
      return;
    }
    const group: Group = { writes, outcome: "waits" };
    this.#groups.push(group);
    this.#underWay.set(promise, group);
    promise.then(
      () => {
        group.outcome = "stored";
      },
      () => {
        group.outcome = "failed";
        this.#totals.failed += 1;
      },
    );
  }

  async #reopen(): Promise<void> {
    const closed = this.#engine.close();
    this.world.clock.advance(1_000);
    await closed;
    await settled();
    expect(textsOf(this.world.disk.durableRows())).toEqual(textsOf(this.world.disk.rows()));
    this.#begin();
  }

  #begin(): void {
    this.#base = textsOf(this.world.disk.rows());
    this.#groups = [];
    this.#engine = this.world.disk.open();
  }

  #crash(): void {
    const { disk, watcher } = this.world;
    const surely = textsOf(disk.durableRows());
    const groups = this.#groups.filter(
      ({ outcome, writes }) =>
        outcome === "stored" || (outcome === "waits" && !(this.#isFull && addsData(writes))),
    );
    disk.crash(this.#how);
    const left = textsOf(disk.rows());
    const prefixes = prefixesOf(this.#base, groups);
    const keptCounts = [...prefixes.keys()].filter((count) => same(prefixes[count], left));
    expect(keptCounts, "the rows are those of no prefix of the groups").not.toEqual([]);
    // Groups that change nothing make several prefixes equal: the longest is as true as any.
    const keptCount = Math.max(...keptCounts);
    const ackedCount = groups.filter(({ outcome }) => outcome === "stored").length;
    const surelyCount = prefixes.findIndex((rows) => same(rows, surely));
    expect(surelyCount).toBeGreaterThanOrEqual(0);
    expect(keptCount).toBeGreaterThanOrEqual(this.#mustKeepAcknowledged ? ackedCount : surelyCount);
    this.#totals.acknowledgedLost += Math.max(0, ackedCount - keptCount);
    this.#totals.unacknowledgedKept += Math.max(0, keptCount - ackedCount);
    this.#totals.unacknowledgedLost += groups.length - Math.max(keptCount, ackedCount);
    expect([watcher.visible, watcher.durable]).toEqual([left, left]);
    expect(textsOf(disk.durableRows())).toEqual(left);
    this.#begin();
  }
}

function prefixesOf(base: RowTexts, groups: readonly Group[]): readonly RowTexts[] {
  const prefixes = [base];
  for (const { writes } of groups) {
    prefixes.push(withChanges(prefixes.at(-1) ?? base, writes));
  }
  return prefixes;
}

function addsData(writes: readonly Write[]): boolean {
  return writes.some(({ value }) => value !== undefined);
}

function same(left: RowTexts | undefined, right: RowTexts): boolean {
  const texts = (rows: RowTexts): string => JSON.stringify(Object.entries(rows).sort());
  return left !== undefined && texts(left) === texts(right);
}
