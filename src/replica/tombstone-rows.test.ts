import { describe, expect, test } from "vitest";
import type { Clock } from "../causality/versioning.ts";
import { versioningFor } from "../causality/versioning-for.ts";
import { encodePayload, TOMBSTONE_PAYLOAD } from "../protocol/payload.ts";
import { MemoryEngine } from "../storage/memory-engine.ts";
import { OTHERS, openReplica } from "./testing/replica-world.ts";

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
async function withTombstone() {
  const replica = await openReplica(new MemoryEngine(), dvvset);
  const written = await replica.mint(KEY, BLIND, VALUE, undefined);
  const deleted = await replica.mint(KEY, written.siblings.clock, DELETED, undefined);
  await deleted.stored;
  const { tombstones } = await replica.tombstones.scan(undefined, 10);
  const [tombstone] = tombstones;
  if (tombstone === undefined) throw new Error("Cannot find the tombstone");
  return { replica, tombstone, clock: deleted.siblings.clock };
}

describe("TombstoneRows.remove() (D-4.1-8)", () => {
  test("removes the row that was agreed on", async () => {
    const { replica, tombstone } = await withTombstone();
    expect(await replica.tombstones.remove(KEY, tombstone.digest)).toBe("same");
    expect(await replica.read(KEY)).toBeUndefined();
    expect(await replica.tombstones.remove(KEY, tombstone.digest)).toBe("none");
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
