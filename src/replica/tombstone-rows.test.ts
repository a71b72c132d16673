import { describe, expect, test } from "vitest";
import type { Clock } from "../causality/versioning.ts";
import { versioningFor } from "../causality/versioning-for.ts";
import { eventLoopTurn } from "../platform/testing/event-loop-turn.ts";
import { encodePayload, TOMBSTONE_PAYLOAD } from "../protocol/payload.ts";
import type { Engine } from "../storage/engine.ts";
import { StorageError } from "../storage/engine.ts";
import { MemoryEngine } from "../storage/memory-engine.ts";
import { KeptEngine } from "../storage/testing/kept-engine.ts";
import { SlowEngine } from "../storage/testing/slow-engine.ts";
import { OTHERS, openReplica, replicaEnvironment } from "./testing/replica-world.ts";

const dvvset = versioningFor("dvvset");
const [N1] = OTHERS;
const KEY = Buffer.from("cart");
const BLIND: Clock = new Map();
const VALUE = encodePayload({
  contentType: "text/plain",
  tombstone: false,
  bytes: Buffer.from("v"),
});
const DELETED = encodePayload(TOMBSTONE_PAYLOAD);

/** A replica that holds a tombstone of the key, and what a collector agreed with others on. */
async function withTombstone(engine: Engine = new MemoryEngine()) {
  const replica = await openReplica(engine, dvvset);
  const written = await replica.mint(KEY, BLIND, VALUE, undefined);
  const deleted = await replica.mint(KEY, written.siblings.clock, DELETED, undefined);
  await deleted.stored;
  const { tombstones } = await replica.tombstones.scan(undefined, 10);
  const [tombstone] = tombstones;
  if (tombstone === undefined) throw new Error("Cannot find the tombstone");
  return { replica, tombstone, clock: deleted.siblings.clock };
}

describe("TombstoneRows.holding(), where a hint of the key is gone since less than a grace (K-12), is other", () => {
  const NOTHING = Buffer.alloc(16);
  const quiet = (): void => {};
  const open = (engine: Engine) => {
    const env = replicaEnvironment(1);
    const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };
    return openReplica(engine, dvvset, { ...env, log }, { tombstoneGraceMs: 10_000 });
  };
  const foreignRecord = async () => {
    const other = await openReplica(new MemoryEngine(), dvvset, replicaEnvironment(2));
    return (await other.mint(KEY, BLIND, VALUE, undefined)).record;
  };

  test("when it was delivered, and of no other key", async () => {
    const replica = await open(new MemoryEngine());
    const record = await foreignRecord();
    await replica.store(KEY, record, N1);
    await replica.hints.drop(N1, KEY, record);
    expect(await replica.tombstones.holding(KEY, NOTHING)).toBe("other");
    expect(await replica.tombstones.holding(Buffer.from("other"), NOTHING)).toBe("none");
  });

  test("when its write was lost: it was there to be delivered until then", async () => {
    const engine = new SlowEngine();
    const replica = await open(engine);
    const lost = replica.store(KEY, await foreignRecord(), N1);
    await eventLoopTurn();
    await engine.finishOne("failed");
    await expect(lost).rejects.toThrow(StorageError);
    expect(replica.hints.count).toBe(0);
    expect(await replica.tombstones.holding(KEY, NOTHING)).toBe("other");
  });

  test("when it was damaged and is removed instead of delivered", async () => {
    const engine = new KeptEngine();
    const replica = await open(engine);
    await replica.store(KEY, await foreignRecord(), N1);
    await engine.damage("hints");
    expect(await replica.hints.scan(N1, { limit: 10 })).toEqual([]);
    expect(await replica.tombstones.holding(KEY, NOTHING)).toBe("other");
  });

  test("when it was damaged, and of any key, at the start", async () => {
    const engine = new KeptEngine();
    const before = await open(engine);
    await before.store(KEY, await foreignRecord(), N1);
    await engine.damage("hints");
    const replica = await open(engine);
    expect(replica.hints.count).toBe(0);
    expect(await replica.tombstones.holding(Buffer.from("any"), NOTHING)).toBe("other");
  });
});

describe("TombstoneRows.remove() (D-4.1-8)", () => {
  test("removes the row that was agreed on", async () => {
    const { replica, tombstone } = await withTombstone();
    expect(await replica.tombstones.remove(KEY, tombstone.digest)).toBe("same");
    expect(await replica.read(KEY)).toBeUndefined();
    expect(await replica.tombstones.remove(KEY, tombstone.digest)).toBe("none");
  });

  test("K-11 leaves it where nobody waits any more once the key's turn has come", async () => {
    const engine = new SlowEngine({ auto: true });
    const { replica, tombstone } = await withTombstone(engine);
    let isLate = false;
    const refuseLate = (): void => {
      if (isLate) throw new RangeError("too late");
    };
    engine.auto = false;
    const first = replica.tombstones.remove(Buffer.from("other"), tombstone.digest, refuseLate);
    expect(await first).toBe("none");
    const { key, digest } = tombstone;
    // Its removal is not stored yet, so the second one waits for the key.
    const removed = replica.tombstones.remove(key, digest, refuseLate);
    await eventLoopTurn();
    expect(engine.waiting).toBe(1);
    const again = replica.tombstones.remove(key, digest, refuseLate);
    isLate = true;
    await engine.finishOne("failed");
    await expect(removed).rejects.toThrow(StorageError);
    await expect(again).rejects.toThrow(RangeError);
    expect(engine.waiting).toBe(0);
    expect(await replica.own(KEY)).toBeDefined();
  });

  test("leaves a value that was written since, over it or beside it", async () => {
    for (const isOver of [true, false]) {
      const { replica, tombstone, clock } = await withTombstone();
      const { record, stored } = await replica.mint(KEY, isOver ? clock : BLIND, VALUE, undefined);
      await stored;
      expect(await replica.tombstones.remove(KEY, tombstone.digest)).toBe("other");
      expect(await replica.read(KEY)).toEqual(record);
    }
  });

  test("leaves another tombstone than that which was agreed on", async () => {
    const { replica, tombstone, clock } = await withTombstone();
    const { record, stored } = await replica.mint(KEY, clock, DELETED, undefined);
    await stored;
    expect(await replica.tombstones.remove(KEY, tombstone.digest)).toBe("other");
    expect(await replica.read(KEY)).toEqual(record);
  });

  test("leaves the row while the node keeps a hint of the key", async () => {
    const { replica, tombstone } = await withTombstone();
    await replica.store(KEY, tombstone.record, N1);
    expect(await replica.tombstones.remove(KEY, tombstone.digest)).toBe("other");
    expect(await replica.own(KEY)).toEqual(tombstone.record);
  });
});
