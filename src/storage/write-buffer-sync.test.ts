/*
 * Aim: who asks a buffer to sync has on disk what was acknowledged before, whatever is on its way (paper 6.1, D-6.1-3). Method: the engine below finishes its
 * writes only when the test says so, well or badly.
 */
import { describe, expect, test } from "vitest";
import type { World } from "./testing/buffer-world.ts";
import { outcomeOf, put, settled, shown, stored, world } from "./testing/buffer-world.ts";

describe("WriteBuffer.sync()", () => {
  test("waits until the engine below has all that was acknowledged before, and not for what comes later", async () => {
    const here = world({ objectsMax: 100 });
    await here.buffer.write([put("a", "1"), put("b", "1")]);
    const synced = here.buffer.sync();
    await settled();
    await here.buffer.write([put("c", "1")]);
    expect(here.below.waiting).toBe(1);
    await here.below.finishOne("stored");
    await synced;
    expect(await stored(here)).toEqual(["a=1", "b=1"]);
    expect(here.below.waiting).toBe(0);
  });

  test("starts nothing where there is nothing to store", async () => {
    const here = world({ objectsMax: 100 });
    await here.buffer.sync();
    expect(here.below.waiting).toBe(0);
  });

  test.each([
    { name: "a flush", begin: (here: World) => here.buffer.flush() },
    {
      name: "a write to another table",
      begin: (here: World) => here.buffer.write([put("m", "1", "incarnations")]),
    },
  ])(
    "counts on nothing that $name has on its way: where that fails, it stores it itself",
    async ({ begin }) => {
      const here = world({ objectsMax: 100 });
      await here.buffer.write([put("a", "1")]);
      const begun = outcomeOf(begin(here));
      const synced = outcomeOf(here.buffer.sync());
      await settled();
      await here.below.finishOne("failed");
      expect(await begun).toContain("Cannot write");
      await settled();
      expect(await stored(here)).toEqual([]);
      await here.below.finishOne("stored");
      expect(await synced).toBe("stored");
      expect(await stored(here)).toEqual(["a=1"]);
    },
  );

  test.each(["stored", "failed"] as const)(
    "waits for a durable write that hides an older one, and is %s",
    async (outcome) => {
      const here = world({ objectsMax: 100 });
      await here.buffer.write([put("a", "1")]);
      const hiding = outcomeOf(here.buffer.write([put("a", "2")], { durable: true }));
      let isSynced = false;
      const synced = here.buffer.sync().then(() => {
        isSynced = true;
      });
      await settled();
      await here.below.finishOne(outcome);
      await hiding;
      await settled();
      if (outcome === "failed") {
        expect(isSynced).toBe(false);
        await here.below.finishOne("stored");
      }
      await synced;
      expect(await stored(here)).toEqual([outcome === "stored" ? "a=2" : "a=1"]);
    },
  );

  test.each([
    { name: "sync()", begin: (here: World) => here.buffer.sync() },
    {
      name: "a write to another table",
      begin: (here: World) => here.buffer.write([put("m", "1", "incarnations")]),
    },
  ])(
    "$name waits, too, for what hides a version that took the place of one that is owed",
    async ({ begin }) => {
      const here = world({ objectsMax: 100, gatherMs: 0 });
      await here.buffer.write([put("a", "1"), put("b", "1")]);
      const hidesB = outcomeOf(here.buffer.write([put("b", "2")], { durable: true }));
      let isOver = false;
      const over = begin(here).then(() => {
        isOver = true;
      });
      await settled();
      await here.buffer.write([put("a", "2")]);
      const hidesA = outcomeOf(here.buffer.write([put("a", "3")], { durable: true }));
      await here.below.finishOne("stored");
      await hidesB;
      await settled();
      expect(isOver).toBe(false);
      await here.below.finishOne("failed");
      await hidesA;
      await settled();
      expect(isOver).toBe(false);
      await here.below.finishOne("stored");
      await over;
      expect(await stored(here)).toEqual(["a=2", "b=2"]);
    },
  );

  test("counts on no version that a failed flush gave up for a newer one", async () => {
    const here = world({ objectsMax: 100, gatherMs: 0 });
    await here.buffer.write([put("a", "1"), put("b", "1")]);
    const flushed = outcomeOf(here.buffer.flush());
    const hidesB = outcomeOf(here.buffer.write([put("b", "2")], { durable: true }));
    let isSynced = false;
    const synced = here.buffer.sync().then(() => {
      isSynced = true;
    });
    await settled();
    await here.buffer.write([put("a", "2")]);
    const hidesA = outcomeOf(here.buffer.write([put("a", "3")], { durable: true }));
    await here.below.finishOne("failed");
    await flushed;
    await here.below.finishOne("stored");
    await hidesB;
    await settled();
    expect(isSynced).toBe(false);
    await here.below.finishOne("failed");
    await hidesA;
    await settled();
    await here.below.finishOne("stored");
    await synced;
    expect(await stored(here)).toEqual(["a=2", "b=2"]);
  });

  test("rejects where the engine below does not take it, and the rows stay", async () => {
    const here = world({ objectsMax: 100 });
    await here.buffer.write([put("a", "1")]);
    const synced = outcomeOf(here.buffer.sync());
    await settled();
    await here.below.finishOne("failed");
    expect(await synced).toContain("Cannot write");
    expect(await shown(here, "a")).toBe("1");
    const again = here.buffer.sync();
    await settled();
    await here.below.finishOne("stored");
    await again;
    expect(await stored(here)).toEqual(["a=1"]);
  });

  test("serves all who ask while one is under way with the next", async () => {
    const here = world({ objectsMax: 100 });
    await here.buffer.write([put("a", "1")]);
    const first = here.buffer.sync();
    await settled();
    await here.buffer.write([put("b", "1")]);
    const others = [here.buffer.sync(), here.buffer.sync()];
    await here.below.finishOne("stored");
    await first;
    await settled();
    expect(here.below.waiting).toBe(1);
    await here.below.finishOne("stored");
    await Promise.all(others);
    expect(await stored(here)).toEqual(["a=1", "b=1"]);
    expect(here.below.waiting).toBe(0);
  });

  test("rejects once the buffer is closed", async () => {
    const here = world({ objectsMax: 100 });
    await here.buffer.close();
    await expect(here.buffer.sync()).rejects.toThrow("it is closed");
  });
});
