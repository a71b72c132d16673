import { describe, expect, test } from "vitest";
import { ManualClock } from "../env/testing/manual-clock.ts";
import { quietEnvironment } from "../env/testing/quiet-environment.ts";
import type { TableName, Write } from "./engine.ts";
import { DamageError } from "./engine.ts";
import { MemoryEngine } from "./memory-engine.ts";
import { RowCache } from "./row-cache.ts";
import { cachedVariants } from "./testing/cached-engine.ts";
import { engineSuite } from "./testing/engine-suite.ts";
import { KeptEngine } from "./testing/kept-engine.ts";
import { SlowEngine } from "./testing/slow-engine.ts";

/*
 * Aim: a cache answers what the engine below would, whatever is written, lost or damaged meanwhile, and asks it less often.
 *
 * Method: what a hit answers is told from what the engine has by damaging the engine's copy, which a cache does not see; reads and
 * writes under way are ended by the test.
 */

for (const variant of [
  { name: "memory", open: async () => new MemoryEngine() },
  { name: "slow", open: async () => new SlowEngine({ auto: true }) },
].flatMap(cachedVariants)) {
  engineSuite(variant);
}

const ROOM_BYTES = 100_000;
const key = Buffer.from("key");
const put = (value: string, table: TableName = "records"): Write => ({
  table,
  key,
  value: Buffer.from(value),
});
const REMOVAL: Write = { table: "records", key, value: undefined };

function cacheOver<E extends MemoryEngine | SlowEngine>(below: E, sizeBytesMax = ROOM_BYTES) {
  const environment = quietEnvironment(new ManualClock());
  const read: string[] = [];
  const watch = {
    rowRead: (table: TableName, row: Uint8Array) => void read.push(`${table} ${row}`),
  };
  const cache = new RowCache(environment, { engine: below, watch }, { sizeBytesMax });
  const metric = (name: string): number =>
    environment.metrics.valueOf(`ringside_row_cache_${name}`);
  const shown = async (): Promise<string | undefined> =>
    (await cache.get("records", key))?.toString();
  const overwritten = (): number =>
    environment.assertions.countOf("a row was written while the row cache read it");
  return { below, cache, metric, overwritten, read, shown };
}

describe("RowCache", () => {
  test("answers the second read of a row itself, counts it and tells of it", async () => {
    const { below, cache, metric, read, shown } = cacheOver(new KeptEngine());
    await below.write([put("1")]);
    expect(await shown()).toBe("1");
    expect([metric("hits_total"), metric("misses_total"), metric("rows")]).toEqual([0, 1, 1]);
    expect(read).toEqual([]);
    expect(await shown()).toBe("1");
    expect([metric("hits_total"), metric("misses_total")]).toEqual([1, 1]);
    expect(read).toEqual(["records key"]);
    expect(metric("bytes")).toBe("key".length + "1".length + 400);
    await cache.close();
    expect(metric("bytes")).toBe(0);
    await expect(shown()).rejects.toThrow("it is closed");
  });

  test("keeps no row that was only written, none that is not there, none of another table", async () => {
    const { cache, metric, shown } = cacheOver(new KeptEngine());
    expect(await shown()).toBeUndefined();
    await cache.write([put("1"), put("2", "hints")]);
    await cache.get("hints", key);
    expect(metric("rows")).toBe(0);
  });

  test("shows a write at once, and nothing of a removed row", async () => {
    const { below, cache, metric, shown } = cacheOver(new SlowEngine());
    await below.durable.write([put("1")]);
    await shown();
    const written = cache.write([put("2")]);
    expect(await shown()).toBe("2");
    const removed = cache.write([REMOVAL]);
    expect(await shown()).toBeUndefined();
    expect(metric("rows")).toBe(0);
    await below.finishOne("stored");
    await below.finishOne("stored");
    await Promise.all([written, removed]);
    expect(await shown()).toBeUndefined();
  });

  test("goes back to what the engine has where a write is lost", async () => {
    const { below, cache, shown } = cacheOver(new SlowEngine());
    await below.durable.write([put("1")]);
    await shown();
    const lost = cache.write([put("2")]);
    const told = expect(lost).rejects.toThrow("the test says so");
    await below.finishOne("failed");
    await told;
    expect(await shown()).toBe("1");
    const removed = cache.write([REMOVAL]);
    const toldAgain = expect(removed).rejects.toThrow("the test says so");
    await below.finishOne("failed");
    await toldAgain;
    expect(await shown()).toBe("1");
  });

  test("forgets what it read while the row was written", async () => {
    for (const write of [put("2"), REMOVAL]) {
      const { below, cache, overwritten, shown } = cacheOver(new KeptEngine());
      await below.write([put("1")]);
      const early = shown();
      await cache.write([write]);
      expect(await early).toBe("1");
      expect(overwritten()).toBe(1);
      expect(await shown()).toBe(write.value?.toString());
    }
  });

  test("takes neither a second read nor a scan that finds damage for a write of the row", async () => {
    const { below, cache, overwritten, shown } = cacheOver(new KeptEngine());
    await below.write([put("1")]);
    expect(await Promise.all([shown(), shown()])).toEqual(["1", "1"]);
    await cache.write([REMOVAL, put("2")]);
    const { promise, resolve } = Promise.withResolvers<Uint8Array | undefined>();
    below.get = () => promise;
    const early = shown();
    below.damageRow("records", key);
    await cache.scan("records", { limit: 1 });
    resolve(Buffer.from("2"));
    expect(await early).toBe("2");
    expect(overwritten()).toBe(0);
  });

  test("keeps no buffer alive that a row under way is a small part of", async () => {
    const { below, cache, metric } = cacheOver(new SlowEngine());
    const value = Buffer.alloc(65_536).subarray(1_000, 1_100).fill("v");
    const written = cache.write([{ table: "records", key, value }]);
    expect(await cache.get("records", key)).toEqual(value);
    const kept = await cache.get("records", key);
    expect(metric("hits_total")).toBe(1);
    expect(kept).toEqual(value);
    expect(kept?.buffer.byteLength).toBe(100);
    await below.finishOne("stored");
    await written;
  });

  test("forgets a row that it read while a write showed that was lost then", async () => {
    const { below, cache, shown } = cacheOver(new SlowEngine());
    await below.durable.write([put("1")]);
    const lost = cache.write([put("2")]);
    expect(await shown()).toBe("2");
    const told = expect(lost).rejects.toThrow("the test says so");
    await below.finishOne("failed");
    await told;
    expect(await shown()).toBe("1");
  });

  test("D-4.7-4 serves a whole copy of a damaged row until a scan finds the damage, and no damaged one ever", async () => {
    const { below, cache, shown } = cacheOver(new KeptEngine());
    await below.write([put("1")]);
    await shown();
    below.damageRow("records", key);
    expect(await shown()).toBe("1");
    const [entry] = await cache.scan("records", { limit: 1 });
    expect(entry?.value).toBeUndefined();
    await expect(shown()).rejects.toThrow(DamageError);
    await cache.write([put("2")]);
    expect(await shown()).toBe("2");
  });

  test("keeps what was used last within its bytes, and nothing larger than half of them", async () => {
    const room = 10 * (400 + "row 1".length + 100);
    const { below, cache, metric } = cacheOver(new KeptEngine(), room);
    const row = (number: number): Uint8Array => Buffer.from(`row ${number}`);
    const rows = Array.from({ length: 10 }, (_, number) => row(number));
    await below.write(
      rows.map((each) => ({ table: "records", key: each, value: Buffer.alloc(100) })),
    );
    for (const each of rows) {
      await cache.get("records", row(0));
      await cache.get("records", each);
      expect(metric("bytes")).toBeLessThanOrEqual(room);
    }
    const missed = metric("misses_total");
    await cache.get("records", row(0));
    await cache.get("records", row(9));
    expect(metric("misses_total")).toBe(missed);
    await below.write([{ table: "records", key, value: Buffer.alloc(room / 2) }]);
    const count = metric("rows");
    await cache.get("records", key);
    expect(metric("rows")).toBe(count);
  });
});
