/*
 * Aim: a buffer promises nothing more once the engine below it is dead for good, and goes on where that one has only failed.
 * Method: the engine below finishes its writes only when the test says so: well, badly, or for the last time.
 */
import { describe, expect, test } from "vitest";
import { FatalStorageError, StorageError } from "./engine.ts";
import type { World } from "./testing/buffer-world.ts";
import { outcomeOf, put, settled, shown, stored, world } from "./testing/buffer-world.ts";

const WAYS = [
  {
    name: "a durable write",
    begin: ({ buffer }: World) => buffer.write([put("d", "1")], { durable: true }),
  },
  {
    name: "a write to a table that is not buffered",
    begin: ({ buffer }: World) => buffer.write([put("n", "1", "incarnations")]),
  },
  { name: "a flush", begin: ({ buffer }: World) => buffer.flush() },
  { name: "a sync", begin: ({ buffer }: World) => buffer.sync() },
] as const;

/** The engine below dies of what `begin` hands to it. */
async function withDeadEngine(begin: (here: World) => Promise<void>): Promise<World> {
  const here = world({ objectsMax: 100, gatherMs: 0 });
  await here.buffer.write([put("a", "1")]);
  const begun = outcomeOf(begin(here));
  await settled();
  await here.below.finishOne("dead");
  expect(await begun).toContain("FatalStorageError");
  return here;
}

describe("WriteBuffer over an engine that is dead", () => {
  test.each(WAYS)("refuses every write from the failure of $name on", async ({ begin }) => {
    const here = await withDeadEngine(begin);
    const { buffer, below } = here;
    for (const durable of [false, true]) {
      await expect(buffer.write([put("b", "1")], { durable })).rejects.toThrow(FatalStorageError);
    }
    await expect(buffer.write([put("n", "2", "membership")])).rejects.toThrow(FatalStorageError);
    expect([await shown(here, "b"), below.waiting]).toEqual([undefined, 0]);
    expect(await shown(here, "a")).toBe("1");
  });

  test("stays so when a flush finds nothing to store", async () => {
    const here = world({ gatherMs: 0 });
    const written = outcomeOf(here.buffer.write([put("d", "1")], { durable: true }));
    await here.below.finishOne("dead");
    expect(await written).toContain("FatalStorageError");
    await here.buffer.flush();
    await expect(here.buffer.write([put("b", "1")])).rejects.toThrow(FatalStorageError);
  });

  test("tells of it once, and tries no flush by itself any more", async () => {
    const here = await withDeadEngine(({ buffer }) => buffer.flush());
    const told = here.log.lines.map(({ message }) => message);
    expect(told).toEqual([
      "The engine below the write buffer takes nothing any more",
      "Cannot flush the write buffer",
    ]);
    here.clock.advance(1_000);
    await settled();
    expect([here.log.lines.length, here.metric("flush_failures_total")]).toEqual([2, 1]);
  });

  test("settles what was gathered and what waits for its turn", async () => {
    const here = world({ objectsMax: 100, gatherMs: 20 });
    const { buffer, below, clock } = here;
    await buffer.write([put("a", "1")]);
    const hiding = outcomeOf(buffer.write([put("a", "2")], { durable: true }));
    clock.advance(20);
    const waiting = outcomeOf(buffer.write([put("n", "1", "membership")]));
    const gathered = outcomeOf(buffer.write([put("b", "1")], { durable: true }));
    await settled();
    await below.finishOne("dead");
    for (const outcome of [hiding, waiting, gathered]) {
      expect(await outcome).toContain("FatalStorageError");
    }
    expect(await shown(here, "a")).toBe("1");
  });

  test("sync() and close() tell what is lost", async () => {
    const { buffer } = await withDeadEngine(({ buffer: under }) => under.flush());
    await expect(buffer.sync()).rejects.toThrow(FatalStorageError);
    await expect(buffer.close()).rejects.toThrow("Cannot store 1 rows of the write buffer");
  });
});

describe("WriteBuffer over an engine that cannot be closed", () => {
  test("close() tells what is lost first, and logs the rest", async () => {
    const here = await withDeadEngine(({ buffer }) => buffer.flush());
    const failure = new StorageError("Cannot close: the test says so");
    here.below.close = () => Promise.reject(failure);
    await expect(here.buffer.close()).rejects.toThrow("Cannot store 1 rows of the write buffer");
    expect(here.log.lines.at(-1)).toEqual({
      level: "error",
      fields: { err: failure },
      message: "Cannot close the engine below the write buffer",
    });
  });

  test("close() rejects as that does where nothing is lost", async () => {
    const { buffer, below } = world();
    below.close = () => Promise.reject(new StorageError("Cannot close: the test says so"));
    await expect(buffer.close()).rejects.toThrow("Cannot close: the test says so");
  });
});

describe("WriteBuffer over an engine that fails and is not dead", () => {
  test("takes writes after a durable write that failed", async () => {
    const here = world({ objectsMax: 100, gatherMs: 0 });
    const failed = here.buffer.write([put("d", "1")], { durable: true });
    await here.below.finishOne("failed");
    await expect(failed).rejects.toThrow(StorageError);
    await here.buffer.write([put("b", "1")]);
    const flushed = here.buffer.flush();
    await here.below.finishOne("stored");
    await flushed;
    expect(await stored(here)).toEqual(["b=1"]);
  });
});
