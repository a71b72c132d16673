/* Which rows of a lost range go, one by one. */
import { describe, expect, test } from "vitest";
import type { Clock } from "../causality/versioning.ts";
import { versioningFor } from "../causality/versioning-for.ts";
import { digestOf } from "../merkle/leaf.ts";
import { byteString } from "../storage/byte-strings.ts";
import { KeptEngine } from "../storage/testing/kept-engine.ts";
import { SlowEngine } from "../storage/testing/slow-engine.ts";
import type { DropOrder } from "./lost-rows.ts";
import { partitionOfRecordRow } from "./row-keys.ts";
import { OTHERS, openReplica } from "./testing/replica-world.ts";

const dvvset = versioningFor("dvvset");
const KEY = Buffer.from("cart");
const VALUE = Buffer.from("value");
const BLIND: Clock = new Map();

/** A replica that holds the key, and the order to drop what it holds. */
async function withRow(engine = new KeptEngine()) {
  const replica = await openReplica(engine, dvvset);
  const { record, siblings, stored } = await replica.mint(KEY, BLIND, VALUE, undefined);
  await stored;
  const [row] = await engine.scan("records", { limit: 1 });
  const rowKey = row?.key ?? KEY;
  const order: DropOrder = {
    partition: partitionOfRecordRow(rowKey),
    handedOver: new Map([[byteString(KEY), digestOf(dvvset.fingerprintBytes(record))]]),
    isStillLost: () => true,
  };
  return { replica, engine, order, record, rowKey, actor: [...siblings.clock.keys()][0] };
}

describe("LostRows.dropPage()", () => {
  test("removes a row that is what was handed over, and leaves nothing in its place", async () => {
    const { replica, engine, order } = await withRow();
    expect(await replica.lost.dropPage(order, undefined, 10)).toEqual({
      droppedCount: 1,
      keptCount: 0,
      after: undefined,
    });
    expect(await engine.count("records")).toBe(0);
    expect(await replica.lost.firstPartition()).toBeUndefined();
  });

  test("K-6 the key's next row has a fresh actor", async () => {
    const { replica, order, actor } = await withRow();
    await replica.lost.dropPage(order, undefined, 10);
    const again = await replica.mint(KEY, BLIND, VALUE, undefined);
    expect([...again.siblings.clock]).toEqual([[expect.not.stringMatching(`^${actor}$`), 1]]);
  });

  test("keeps a row that has changed since, or was never handed over", async () => {
    const { replica, engine, order, record } = await withRow();
    const { clock } = dvvset.decode(record);
    await (await replica.mint(KEY, clock, Buffer.from("newer"), undefined)).stored;
    expect((await replica.lost.dropPage(order, undefined, 10)).keptCount).toBe(1);
    const none = { ...order, handedOver: new Map() };
    expect((await replica.lost.dropPage(none, undefined, 10)).keptCount).toBe(1);
    expect(await engine.count("records")).toBe(1);
  });

  test("asks in the turn of the removal whether the range is lost still", async () => {
    const { replica, engine, order } = await withRow();
    let isLost = true;
    const page = replica.lost.dropPage({ ...order, isStillLost: () => isLost }, undefined, 10);
    isLost = false;
    expect((await page).keptCount).toBe(1);
    expect(await engine.count("records")).toBe(1);
  });

  test("leaves hints and the rows of other ranges", async () => {
    const { replica, engine, order, record } = await withRow();
    await replica.store(KEY, record, OTHERS[0]);
    const other = { ...order, partition: order.partition + 1 };
    expect((await replica.lost.dropPage(other, undefined, 10)).droppedCount).toBe(0);
    expect((await replica.lost.dropPage(order, undefined, 10)).droppedCount).toBe(1);
    expect([await engine.count("records"), await engine.count("hints")]).toEqual([0, 1]);
  });

  test("removes a damaged row, which holds nothing any more", async () => {
    const { replica, engine, order, rowKey } = await withRow();
    engine.damageRow("records", rowKey);
    const none = { ...order, handedOver: new Map() };
    expect((await replica.lost.dropPage(none, undefined, 10)).droppedCount).toBe(1);
    expect(await engine.count("records")).toBe(0);
  });

  test("goes on page by page", async () => {
    const { replica, engine, order } = await withRow();
    let after: Uint8Array | undefined;
    let dropped = 0;
    const keys = Array.from({ length: 60 }, (_, number) => Buffer.from(`key ${number}`));
    const handedOver = new Map(order.handedOver);
    for (const key of keys) {
      const { record, stored } = await replica.mint(key, BLIND, VALUE, undefined);
      handedOver.set(byteString(key), digestOf(dvvset.fingerprintBytes(record)));
      await stored;
    }
    const before = await engine.count("records");
    do {
      const page = await replica.lost.dropPage({ ...order, handedOver }, after, 2);
      dropped += page.droppedCount;
      after = page.after;
    } while (after !== undefined);
    expect(dropped).toBeGreaterThan(2);
    expect(await engine.count("records")).toBe(before - dropped);
    const rest = await engine.scan("records", { limit: 100 });
    expect(rest.map(({ key }) => partitionOfRecordRow(key))).not.toContain(order.partition);
  });

  test("keeps a row whose last write is under way, since it may fail", async () => {
    const engine = new SlowEngine();
    const replica = await openReplica(engine, dvvset);
    const minting = await replica.mint(KEY, BLIND, VALUE, undefined);
    minting.stored.catch(() => {});
    const [row] = await engine.scan("records", { limit: 1 });
    const digest = digestOf(dvvset.fingerprintBytes(minting.record));
    const page = await replica.lost.dropPage(
      {
        partition: partitionOfRecordRow(row?.key ?? KEY),
        handedOver: new Map([[byteString(KEY), digest]]),
        isStillLost: () => true,
      },
      undefined,
      10,
    );
    expect(page).toMatchObject({ droppedCount: 0, keptCount: 1 });
  });
});
