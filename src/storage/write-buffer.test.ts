import { describe, expect, test, vi } from "vitest";
import { AssertionError } from "../base/assert.ts";
import { ManualClock } from "../env/testing/manual-clock.ts";
import { quietEnvironment } from "../env/testing/quiet-environment.ts";
import type { Write } from "./engine.ts";
import { StorageError } from "./engine.ts";
import { MemoryEngine } from "./memory-engine.ts";
import { GATHER_LOOK_MS } from "./pass-through.ts";
import type { World } from "./testing/buffer-world.ts";
import { bytes, outcomeOf, put, settled, shown, stored, world } from "./testing/buffer-world.ts";
import { bufferedVariants } from "./testing/buffered-engine.ts";
import { engineSuite } from "./testing/engine-suite.ts";
import { KeptEngine } from "./testing/kept-engine.ts";
import { SlowEngine } from "./testing/slow-engine.ts";
import { WriteBuffer } from "./write-buffer.ts";

/*
 * Aim: what a buffer promises beside the engine contract: who is told what when, what a crash would leave, what a failed flush
 * does.
 *
 * Method: the engine below finishes its writes only when the test says so, well or badly, and `stored` reads past both, as
 * a restart after a crash would.
 */

for (const variant of [
  { name: "memory", open: async () => new MemoryEngine() },
  { name: "slow", open: async () => new SlowEngine({ auto: true }) },
].flatMap(bufferedVariants)) {
  engineSuite(variant);
}

/** The row `a` is held, and its flush has failed. */
async function withFailedFlush(): Promise<World> {
  const here = world({ objectsMax: 100 });
  await here.buffer.write([put("a", "1")]);
  here.clock.advance(100);
  await here.below.finishOne("failed");
  await settled();
  return here;
}

describe("WriteBuffer", () => {
  test("counts a damaged row below as engines do, whether a newer version hides it or not", async () => {
    const engine = new KeptEngine();
    await engine.write([put("a", "1"), put("b", "1"), put("c", "1")]);
    await engine.damage("records");
    const options = { objectsMax: 10, flushMs: 100, gatherMs: 0 };
    const environment = quietEnvironment(new ManualClock());
    const buffer = new WriteBuffer(environment, { engine }, options);
    expect(await buffer.count("records")).toBe(3);
    await buffer.write([put("a", "2"), put("d", "1")]);
    await buffer.write([{ table: "records", key: bytes("b"), value: undefined }]);
    expect(await buffer.count("records")).toBe(3);
    await buffer.flush();
    expect(await buffer.count("records")).toBe(3);
  });

  test("asks the engine below for no more than a scan's limit and the removals of its range", async () => {
    const here = world({ objectsMax: 20 });
    await here.below.durable.write(["k1", "k3", "k5", "k7", "k9"].map((key) => put(key, "old")));
    const remove = (key: string): Write => ({
      table: "records",
      key: bytes(key),
      value: undefined,
    });
    await here.buffer.write([put("k2", "new"), put("k5", "new"), put("z", "new")]);
    await here.buffer.write([remove("k3"), remove("a"), remove("x")]);
    const scan = vi.spyOn(here.below, "scan");
    const scanned = async (after: string, limit: number) => {
      const options = { prefix: bytes("k"), after: bytes(after), limit };
      const entries = await here.buffer.scan("records", options);
      const asked = scan.mock.lastCall?.[1].limit;
      return [entries.map(({ key }) => Buffer.from(key).toString()).join(), asked];
    };
    expect(await scanned("k0", 1)).toEqual(["k1", 2]);
    expect(await scanned("k0", 3)).toEqual(["k1,k2,k5", 4]);
    expect(await scanned("k1", 4)).toEqual(["k2,k5,k7,k9", 5]);
    expect(await scanned("k3", 2)).toEqual(["k5,k7", 2]);
    expect(await scanned("k2", 9)).toEqual(["k5,k7,k9", 10]);
  });

  test("D-6.1-2 acknowledges at once and stores once a period, the newest of each row in one batch", async () => {
    const here = world();
    await here.buffer.write([put("a", "1")]);
    await here.buffer.write([put("a", "2")]);
    await here.buffer.write([put("b", "1"), put("h", "1", "hints")], { durable: false });
    expect(await shown(here, "a")).toBe("2");
    expect([here.metric("objects"), here.metric("coalesced_total")]).toEqual([2 + 1, 1]);
    expect(here.below.waiting).toBe(1);
    await here.below.finishOne("stored");
    await settled();
    expect(await stored(here)).toEqual(["a=2", "b=1"]);
    expect([here.metric("objects"), here.metric("flushed_rows_total")]).toEqual([0, 3]);
  });

  test("sets no timer while nothing waits, and flushes a single row after its period", async () => {
    const here = world({ objectsMax: 100 });
    here.clock.advance(10_000);
    await here.buffer.write([put("a", "1")]);
    here.clock.advance(99);
    expect(here.below.waiting).toBe(0);
    here.clock.advance(1);
    expect(here.below.waiting).toBe(1);
    await here.below.finishOne("stored");
    await settled();
    here.clock.advance(10_000);
    expect(here.below.waiting).toBe(0);
    expect(await stored(here)).toEqual(["a=1"]);
  });

  test("D-6.1-2 keeps a row written during its flush, shows it, and stores it with the next", async () => {
    const here = world({ objectsMax: 100 });
    await here.buffer.write([put("a", "1")]);
    const flushed = here.buffer.flush();
    await here.buffer.write([put("a", "2")]);
    await here.below.finishOne("stored");
    await flushed;
    expect(await shown(here, "a")).toBe("2");
    expect(await stored(here)).toEqual(["a=1"]);
    here.clock.advance(100);
    await here.below.finishOne("stored");
    expect(await stored(here)).toEqual(["a=2"]);
  });

  test("flush() asked for during a flush also stores what came after that began", async () => {
    const here = world({ objectsMax: 100 });
    await here.buffer.write([put("a", "1")]);
    void here.buffer.flush();
    await here.buffer.write([put("b", "2")]);
    const second = here.buffer.flush();
    await here.below.finishOne("stored");
    await settled();
    await here.below.finishOne("stored");
    await second;
    expect(await stored(here)).toEqual(["a=1", "b=2"]);
  });

  test("D-6.1-2 a full buffer acknowledges a write only when it is stored, counts it, and still takes newer versions", async () => {
    const here = world({ objectsMax: 4 });
    for (const key of ["a", "b", "c", "d"]) await here.buffer.write([put(key, "1")]);
    let isTold = false;
    const through = here.buffer.write([put("e", "1")]).then(() => {
      isTold = true;
    });
    expect(await shown(here, "e")).toBe("1");
    expect(here.metric("passed_through_total", "full")).toBe(1);
    await here.buffer.write([put("d", "2")]);
    expect(here.metric("coalesced_total")).toBe(1);
    await here.below.finishOne("stored");
    await settled();
    expect(isTold).toBe(false);
    await here.below.finishOne("stored");
    await through;
    expect((await stored(here)).includes("e=1")).toBe(true);
  });

  test("a durable write takes its row alone and is acknowledged when that is stored", async () => {
    const here = world({ objectsMax: 100 });
    await here.buffer.write([put("a", "1")]);
    await here.buffer.write([put("b", "1")]);
    let isTold = false;
    const durable = here.buffer.write([put("a", "2")], { durable: true }).then(() => {
      isTold = true;
    });
    here.clock.advance(GATHER_LOOK_MS);
    await settled();
    expect([isTold, await shown(here, "a")]).toEqual([false, "2"]);
    await here.below.finishOne("stored");
    await durable;
    expect(await stored(here)).toEqual(["a=2"]);
    expect(here.metric("objects")).toBe(1);
    expect(here.metric("passed_through_total", "durable")).toBe(1);
  });

  test("a durable write that fails leaves what was acknowledged before it, in memory and for the next flush", async () => {
    const here = world({ objectsMax: 100 });
    await here.buffer.write([put("a", "1")]);
    const durable = here.buffer.write([put("a", "2")], { durable: true });
    here.clock.advance(GATHER_LOOK_MS);
    await here.below.finishOne("failed");
    expect(await outcomeOf(durable)).toContain("StorageError");
    expect(await shown(here, "a")).toBe("1");
    const flushed = here.buffer.flush();
    await here.below.finishOne("stored");
    await flushed;
    expect(await stored(here)).toEqual(["a=1"]);
  });

  test("durable writes of the same few milliseconds go down in one batch, and before any later write", async () => {
    const here = world({ objectsMax: 100 });
    const durable = [
      here.buffer.write([put("a", "1")], { durable: true }),
      here.buffer.write([put("b", "1")], { durable: true }),
    ];
    await here.buffer.write([put("a", "2")]);
    expect([here.below.waiting, await shown(here, "a")]).toEqual([0, "2"]);
    const flushed = here.buffer.flush();
    expect(here.below.waiting).toBe(2);
    await here.below.finishOne("stored");
    await Promise.all(durable);
    expect(await stored(here)).toEqual(["a=1", "b=1"]);
    await here.below.finishOne("stored");
    await flushed;
    expect(await stored(here)).toEqual(["a=2", "b=1"]);
  });

  test("a flush passes over rows that a durable write has overtaken", async () => {
    const here = world({ objectsMax: 100 });
    await here.buffer.write([put("a", "1")]);
    await here.buffer.write([put("b", "1")]);
    const durable = here.buffer.write([put("a", "2")], { durable: true });
    const flushed = here.buffer.flush();
    expect(here.below.waiting).toBe(2);
    await here.below.finishOne("stored");
    await here.below.finishOne("stored");
    await Promise.all([durable, flushed]);
    expect(await stored(here)).toEqual(["a=2", "b=1"]);
    expect(here.metric("objects")).toBe(0);
  });

  test("a failed flush loses nothing, is told, tried again, and lets new writes through until one succeeds", async () => {
    const here = world({ objectsMax: 100 });
    await here.buffer.write([put("a", "1")]);
    here.clock.advance(100);
    await here.below.finishOne("failed");
    await settled();
    expect(await shown(here, "a")).toBe("1");
    expect([here.metric("flush_failures_total"), here.metric("objects")]).toEqual([1, 1]);
    expect(here.log.lines.map(({ message }) => message)).toEqual(["Cannot flush the write buffer"]);
    const refused = here.buffer.write([put("b", "1")]);
    await here.below.finishOne("failed");
    expect(await outcomeOf(refused)).toContain("StorageError");
    expect(await shown(here, "b")).toBeUndefined();
    expect(here.metric("passed_through_total", "failing")).toBe(1);
    here.clock.advance(100);
    await here.below.finishOne("stored");
    await settled();
    expect(await stored(here)).toEqual(["a=1"]);
    await here.buffer.write([put("b", "2")]);
    expect([here.below.waiting, here.metric("objects")]).toEqual([0, 1]);
  });

  test.each([
    { name: "the next write, in its place", key: "a", table: "records" },
    { name: "a durable write of another row", key: "b", table: "records", durable: true },
    { name: "a note of the node, with all that is held", key: "n", table: "incarnations" },
  ] as const)(
    "takes writes again as soon as the engine below has stored $name",
    async (through) => {
      const here = await withFailedFlush();
      const { durable = false } = { durable: false, ...through };
      const written = here.buffer.write([put(through.key, "2", through.table)], { durable });
      here.clock.advance(GATHER_LOOK_MS);
      await here.below.finishOne("stored");
      expect(await outcomeOf(written)).toBe("stored");
      const next = here.buffer.write([put("c", "1")]);
      expect(here.below.waiting).toBe(0);
      await next;
      expect(here.metric("passed_through_total", "failing")).toBe(through.key === "a" ? 1 : 0);
    },
  );

  test("takes writes again once nothing is left to store", async () => {
    const here = await withFailedFlush();
    const newer = here.buffer.write([put("a", "2")]);
    const flushed = here.buffer.flush();
    expect(await outcomeOf(flushed)).toBe("stored");
    const next = here.buffer.write([put("c", "1")]);
    expect([here.below.waiting, here.metric("objects")]).toEqual([1, 2]);
    await next;
    await here.below.finishOne("stored");
    await newer;
  });

  test("a write to a table that is not buffered takes down all that was acknowledged before it", async () => {
    const here = world({ objectsMax: 100 });
    await here.buffer.write([put("a", "1")]);
    const flush = here.buffer.flush();
    await here.buffer.write([put("b", "1")]);
    const mark = here.buffer.write([put("n1", "clean", "incarnations")]);
    await here.below.finishOne("failed");
    await expect(flush).rejects.toThrow(StorageError);
    expect(await stored(here)).toEqual([]);
    await here.below.finishOne("stored");
    await mark;
    expect(await stored(here)).toEqual(["a=1", "b=1"]);
    expect(here.metric("objects")).toBe(0);
    expect(await here.below.durable.count("incarnations")).toBe(1);
  });

  test("a write to a table that is not buffered waits for newer versions on their way, since they may hide what was acknowledged", async () => {
    const here = world();
    const { below, buffer, clock } = here;
    await buffer.write([put("a", "1")]);
    const newer = buffer.write([put("a", "2")], { durable: true });
    clock.advance(GATHER_LOOK_MS);
    const noted = buffer.write([put("n", "note", "membership")]);
    const notedAgain = buffer.write([put("n", "later note", "membership")]);
    expect(await buffer.get("membership", bytes("n"))).toEqual(bytes("later note"));
    await settled();
    await below.finishOne("failed");
    await expect(newer).rejects.toThrow(StorageError);
    await settled();
    // A version that is on its way in its turn hides nothing that the notes are about.
    await below.finishOne("stored");
    await noted;
    expect(await stored(here)).toEqual(["a=1"]);
    await settled();
    await below.finishOne("stored");
    await notedAgain;
    expect(await below.durable.get("membership", bytes("n"))).toEqual(bytes("later note"));
  });

  test("also for one that is only being gathered while another fails", async () => {
    const here = world();
    const { below, buffer, clock } = here;
    await buffer.write([put("a", "1")]);
    const second = buffer.write([put("a", "2")], { durable: true });
    clock.advance(GATHER_LOOK_MS);
    const noted = buffer.write([put("n", "note", "membership")]);
    const third = buffer.write([put("a", "3")], { durable: true });
    await settled();
    await below.finishOne("failed");
    await expect(second).rejects.toThrow(StorageError);
    await settled();
    await below.finishOne("stored");
    await third;
    await settled();
    await below.finishOne("stored");
    await noted;
    expect(await stored(here)).toEqual(["a=3"]);
  });

  test("and goes at once where they are stored, also under ever more of them", async () => {
    const here = world({ objectsMax: 100 });
    const { below, buffer, clock } = here;
    await buffer.write([put("a", "1")]);
    const first = buffer.write([put("a", "2")], { durable: true });
    clock.advance(GATHER_LOOK_MS);
    const noted = buffer.write([put("n", "note", "membership")]);
    await buffer.write([put("b", "1")]);
    const second = buffer.write([put("b", "2")], { durable: true });
    clock.advance(GATHER_LOOK_MS);
    await below.finishOne("stored");
    await first;
    await settled();
    expect(below.waiting).toBe(2);
    await below.finishOne("stored");
    await second;
    await settled();
    await below.finishOne("stored");
    await noted;
    expect(await stored(here)).toEqual(["a=2", "b=2"]);
  });

  test("refuses a batch of both kinds of tables", () => {
    const { buffer } = world();
    const writes = [put("a", "1"), put("n1", "note", "membership")];
    expect(() => buffer.write(writes)).toThrow(AssertionError);
    expect(buffer.occupancy).toBe(0);
  });

  test("close() stores everything, and a row that cannot be stored is told", async () => {
    const good = world({ objectsMax: 100 });
    await good.buffer.write([put("a", "1")]);
    const closed = good.buffer.close();
    await settled();
    await good.below.finishOne("stored");
    await closed;
    await expect(good.buffer.write([put("a", "2")])).rejects.toThrow(StorageError);

    const bad = world({ objectsMax: 100 });
    await bad.buffer.write([put("a", "1"), put("b", "1")]);
    const lost = outcomeOf(bad.buffer.close());
    await settled();
    await bad.below.finishOne("failed");
    expect(await lost).toContain("Cannot store 2 rows of the write buffer");
  });

  test("values that are larger than the buffer go through", async () => {
    const here = world({ objectsMax: 1_000 });
    const value = new Uint8Array(65 * 1_024 * 1_024);
    const through = here.buffer.write([{ table: "records", key: bytes("big"), value }]);
    expect(here.metric("passed_through_total", "full")).toBe(1);
    await here.below.finishOne("stored");
    await through;
    expect(here.metric("bytes")).toBe(0);
  });
});
