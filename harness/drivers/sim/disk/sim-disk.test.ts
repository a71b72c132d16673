import { describe, expect, test } from "vitest";
import { AssertionError } from "../../../../src/base/assert.ts";
import { StorageError } from "../../../../src/storage/engine.ts";
import { diskWorld, put, remove, settled } from "./testing/disk-world.ts";
import { textsOf } from "./testing/row-watcher.ts";

/* Aim: what an engine does in time, what faults do to it, and what its lives leave to each other. */

const outcomes = (promises: readonly Promise<unknown>[]): string[] => {
  const seen = promises.map(() => "waits");
  for (const [index, promise] of promises.entries()) {
    promise.then(
      () => {
        seen[index] = "stored";
      },
      (error: unknown) => {
        seen[index] = error instanceof StorageError ? "failed" : String(error);
      },
    );
  }
  return seen;
};

describe("commits of kind synced", () => {
  test("what arrives during a commit goes together into the next, one timer each", async () => {
    const { disk, clock } = diskWorld("synced", 1, { write: { minMs: 5, meanMs: 5 } });
    const engine = disk.open();
    const seen = outcomes(["a", "b", "c"].map((key) => engine.write([put(key, "1")])));
    expect(clock.timerCount).toBe(1);
    clock.advance(4.9);
    await settled();
    expect(seen).toEqual(["waits", "waits", "waits"]);
    clock.advance(0.2);
    await settled();
    expect(seen).toEqual(["stored", "waits", "waits"]);
    expect(clock.timerCount).toBe(1);
    clock.advance(5);
    await settled();
    expect(seen).toEqual(["stored", "stored", "stored"]);
    expect(clock.timerCount).toBe(0);
  });

  test("rows() shows a write at once and durableRows() when it is acknowledged", async () => {
    const { disk, clock, watcher } = diskWorld("synced");
    const stored = disk.open().write([put("a", "1"), put("b", "1", "hints")]);
    expect(Object.keys(textsOf(disk.rows()))).toEqual(["records/61", "hints/62"]);
    expect(disk.durableRows()).toEqual([]);
    expect(watcher.durable).toEqual({});
    clock.advance(100);
    await stored;
    expect(disk.durableRows()).toEqual(disk.rows());
    expect(watcher.durable).toEqual(textsOf(disk.rows()));
  });
});

describe("reads", () => {
  test("the observer is told of each look at a row when it begins, found or not, until the life ends", async () => {
    const { disk, clock, watcher } = diskWorld("synced", 1, { read: { minMs: 5, meanMs: 5 } });
    const engine = disk.open();
    const found = engine.get("records", Buffer.from("a"));
    expect(watcher.read).toEqual(["records/61"]);
    clock.advance(5);
    expect(await found).toBeUndefined();
    engine.write([put("b", "1", "hints")]);
    engine.get("hints", Buffer.from("b"));
    disk.crash("process");
    engine.get("records", Buffer.from("c"));
    expect(watcher.read).toEqual(["records/61", "hints/62"]);
  });

  test("without a delay they take no event of the clock, with one they tell what was there when asked", async () => {
    const { disk, clock } = diskWorld("synced", 1, { write: { minMs: 0, meanMs: 0 } });
    const engine = disk.open();
    await engine.write([put("a", "old")]);
    await engine.get("records", Buffer.from("a"));
    expect(clock.timerCount).toBe(0);
    disk.setSlow({ readMs: 7, writeMs: 0 });
    const read = engine.get("records", Buffer.from("a"));
    const seen = outcomes([read]);
    await engine.write([put("a", "new")]);
    clock.advance(6.9);
    await settled();
    expect(seen).toEqual(["waits"]);
    clock.advance(0.2);
    expect(await read).toEqual(Buffer.from("old"));
  });

  test("what is under way is answered at once, however slow the disk", async () => {
    const { disk, clock } = diskWorld("synced");
    disk.setSlow({ readMs: 1_000, writeMs: 1_000 });
    const engine = disk.open();
    const seen = outcomes([engine.write([put("a", "1")])]);
    expect(await engine.get("records", Buffer.from("a"))).toEqual(Buffer.from("1"));
    clock.advance(999);
    await settled();
    expect(seen).toEqual(["waits"]);
    disk.setSlow(undefined);
    clock.advance(100);
    await settled();
    expect(seen).toEqual(["stored"]);
  });
});

describe("a full disk", () => {
  test.each(["synced", "unsynced"] as const)(
    "of kind %s shows a write, fails it later and shows the row before it; removals and what follows work",
    async (kind) => {
      const { disk, clock, watcher } = diskWorld(kind);
      const engine = disk.open();
      const before = engine.write([put("a", "before"), put("b", "1")]);
      clock.advance(100);
      await before;
      disk.setFull(true);
      const failing = engine.write([put("a", "lost"), put("c", "lost")]);
      expect(await engine.get("records", Buffer.from("a"))).toEqual(Buffer.from("lost"));
      expect(watcher.visible).toEqual(textsOf(disk.rows()));
      const seen = outcomes([failing]);
      clock.advance(100);
      await settled();
      expect(seen).toEqual(["failed"]);
      expect(await engine.get("records", Buffer.from("a"))).toEqual(Buffer.from("before"));
      expect(await engine.get("records", Buffer.from("c"))).toBeUndefined();
      expect(watcher.rolledBackCount).toBe(1);
      expect(watcher.visible).toEqual(textsOf(disk.rows()));
      const removed = outcomes([engine.write([remove("b")])]);
      clock.advance(100);
      await settled();
      disk.setFull(false);
      const after = outcomes([engine.write([put("d", "1")])]);
      clock.advance(100);
      await settled();
      expect([...removed, ...after]).toEqual(["stored", "stored"]);
      expect(Object.keys(watcher.visible)).toEqual(["records/61", "records/64"]);
      expect(watcher.visible).toEqual(textsOf(disk.rows()));
    },
  );

  test("a failed commit leaves a later write of the same row visible", async () => {
    const { disk, clock, watcher } = diskWorld("synced");
    const engine = disk.open();
    disk.setFull(true);
    const first = outcomes([engine.write([put("a", "1")])]);
    const second = outcomes([engine.write([put("a", "2")])]);
    while (first[0] === "waits") {
      clock.advance(0.5);
      await settled();
    }
    disk.setFull(false);
    expect(await engine.get("records", Buffer.from("a"))).toEqual(Buffer.from("2"));
    expect(watcher.visible).toEqual(textsOf(disk.rows()));
    clock.advance(100);
    await settled();
    expect([...first, ...second]).toEqual(["failed", "stored"]);
    expect(watcher.durable).toEqual(textsOf(disk.rows()));
  });

  test("memory is never full and never slow", async () => {
    const { disk, clock } = diskWorld("memory", 1, { read: { minMs: 9, meanMs: 9 } });
    disk.setFull(true);
    disk.setSlow({ readMs: 9, writeMs: 9 });
    const engine = disk.open();
    await engine.write([put("a", "1")]);
    expect(await engine.get("records", Buffer.from("a"))).toEqual(Buffer.from("1"));
    expect(clock.timerCount).toBe(0);
  });
});

describe("lives", () => {
  test("a dead engine settles nothing and touches nothing", async () => {
    const { disk, clock, watcher } = diskWorld("synced");
    const first = disk.open();
    const slowRead = diskWorld("synced", 1, { read: { minMs: 5, meanMs: 5 } });
    const readFrom = slowRead.disk.open();
    const seen = outcomes([
      first.write([put("a", "1")]),
      first.write([put("b", "1")]),
      first.close(),
      readFrom.get("records", Buffer.from("a")),
    ]);
    disk.crash("process");
    slowRead.disk.crash("process");
    const left = textsOf(disk.rows());
    const late = outcomes([
      first.write([put("c", "1")]),
      first.get("records", Buffer.from("a")),
      first.scan("records", { limit: 1 }),
      first.count("records"),
      first.close(),
    ]);
    clock.advance(1_000);
    slowRead.clock.advance(1_000);
    await settled();
    expect(new Set([...seen, ...late])).toEqual(new Set(["waits"]));
    expect(textsOf(disk.rows())).toEqual(left);
    expect(watcher.visible).toEqual(left);
  });

  test("open(), wipe() and restore() are refused while a life is open", async () => {
    const { disk } = diskWorld("unsynced");
    const engine = disk.open();
    const snapshot = disk.snapshot();
    expect(() => disk.open()).toThrow(AssertionError);
    expect(() => disk.wipe()).toThrow(AssertionError);
    expect(() => disk.restore(snapshot)).toThrow(AssertionError);
    await engine.close();
    disk.restore(snapshot);
    disk.wipe();
    disk.open();
  });

  test("a disk of kind memory forgets everything when a life ends, well or badly", async () => {
    const { disk, watcher } = diskWorld("memory");
    const engine = disk.open();
    await engine.write([put("a", "1")]);
    expect(disk.durableRows()).toEqual([]);
    await engine.close();
    expect([disk.rows(), watcher.visible]).toEqual([[], {}]);
    const next = disk.open();
    await next.write([put("b", "1")]);
    disk.crash("process");
    expect([disk.rows(), watcher.visible]).toEqual([[], {}]);
    expect(await disk.open().count("records")).toBe(0);
  });

  test("wipe() leaves nothing, restore() brings back the state of the snapshot", async () => {
    const { disk, clock, watcher } = diskWorld("synced");
    const engine = disk.open();
    const first = engine.write([put("a", "1"), put("b", "1")]);
    clock.advance(100);
    await first;
    const then = textsOf(disk.rows());
    const pending = engine.write([put("c", "not in the snapshot")]);
    const snapshot = disk.snapshot();
    const second = engine.write([put("a", "2"), remove("b")]);
    clock.advance(100);
    await Promise.all([pending, second]);
    disk.crash("power");
    expect(textsOf(disk.rows())).not.toEqual(then);
    disk.restore(snapshot);
    expect([textsOf(disk.rows()), watcher.visible, watcher.durable]).toEqual([then, then, then]);
    const again = disk.open();
    expect(await again.get("records", Buffer.from("a"))).toEqual(Buffer.from("1"));
    disk.crash("process");
    disk.wipe();
    expect([disk.rows(), disk.durableRows(), watcher.visible]).toEqual([[], [], {}]);
    expect(await disk.open().get("records", Buffer.from("a"))).toBeUndefined();
  });
});

describe("corruptOne()", () => {
  test("damages a value that then no get and no scan serves, in this life and the next", async () => {
    for (let seed = 0; seed < 50; seed += 1) {
      const { disk, clock } = diskWorld("synced", seed);
      const engine = disk.open();
      const stored = engine.write([
        put("a", "apple"),
        put("b", "banana"),
        put("m", "not touched", "membership"),
      ]);
      clock.advance(100);
      await stored;
      expect(disk.corruptOne()).toBe(true);
      const damaged = ["a", "b"].filter(
        (key) => !(`records/${Buffer.from(key).toString("hex")}` in textsOf(disk.rows())),
      );
      expect(damaged).toHaveLength(1);
      const key = Buffer.from(damaged[0] ?? "");
      await expect(engine.get("records", key)).rejects.toThrow(StorageError);
      const page = await engine.scan("records", { limit: 9 });
      expect(page.filter(({ value }) => value === undefined)).toEqual([{ key, value: undefined }]);
      disk.crash("power");
      const next = disk.open();
      await expect(next.get("records", key)).rejects.toThrow(StorageError);
      // What was written behind the damage is no torn tail: it stays.
      expect(await next.count("records")).toBe(2);
      expect(disk.corruptOne()).toBe(true);
      expect(disk.corruptOne()).toBe(false);
      expect(textsOf(disk.rows())).toEqual({
        "membership/6d": Buffer.from("not touched").toString("hex"),
      });
      expect(disk.counts.damagedReads).toBe(3);
    }
  });

  test("damage survives a checkpoint, and a new value of the row heals it", async () => {
    const { disk } = diskWorld("synced", 1, { write: { minMs: 0, meanMs: 0 } });
    const engine = disk.open();
    await engine.write([put("a", "apple")]);
    expect(disk.corruptOne()).toBe(true);
    for (let index = 0; index < 200; index += 1) {
      await engine.write([put(`b${index % 5}`, "x".repeat(10_000))]);
    }
    // 2 MB were written, and 50 kB are live: the log was written anew whenever it passed its bound.
    expect(disk.counts.checkpoints).toBeGreaterThan(2);
    expect(disk.snapshot().bytes.length).toBeLessThan(300_000);
    await expect(engine.get("records", Buffer.from("a"))).rejects.toThrow(StorageError);
    await engine.write([put("a", "again")]);
    expect(await engine.get("records", Buffer.from("a"))).toEqual(Buffer.from("again"));
  });

  test("finds nothing in memory, in what is not on the medium yet, and under a write under way", async () => {
    const memory = diskWorld("memory");
    await memory.disk.open().write([put("a", "1")]);
    expect(memory.disk.corruptOne()).toBe(false);
    const unsynced = diskWorld("unsynced");
    await unsynced.disk.open().write([put("a", "1")]);
    expect(unsynced.disk.corruptOne()).toBe(false);
    unsynced.clock.advance(500);
    expect(unsynced.disk.corruptOne()).toBe(true);
    const synced = diskWorld("synced");
    const engine = synced.disk.open();
    const stored = engine.write([put("a", "1")]);
    synced.clock.advance(100);
    await stored;
    outcomes([engine.write([put("a", "2")])]);
    expect(synced.disk.corruptOne()).toBe(false);
  });
});
