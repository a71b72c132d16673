import { describe, expect, test } from "vitest";
import type { Clock } from "../causality/versioning.ts";
import { versioningFor } from "../causality/versioning-for.ts";
import type { Environment } from "../env/environment.ts";
import type { Write } from "../storage/engine.ts";
import { DamageError, StorageError } from "../storage/engine.ts";
import { KeptEngine } from "../storage/testing/kept-engine.ts";
import type { Replica } from "./replica.ts";
import type { CountedMetrics } from "./testing/replica-world.ts";
import { OTHERS, openReplica, replicaEnvironment } from "./testing/replica-world.ts";

const dvvset = versioningFor("dvvset");
const [N1, N2] = OTHERS;
const KEY = Buffer.from("cart");
const BLIND: Clock = new Map();

/** An environment whose log may be written to. */
function environment(): Environment & CountedMetrics {
  const quiet = (): void => {};
  return {
    ...replicaEnvironment(1),
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  };
}

async function payloads(replica: Replica): Promise<string[]> {
  const record = await replica.read(KEY);
  const siblings = record === undefined ? dvvset.empty : dvvset.decode(record);
  return siblings.payloads.map((payload) => Buffer.from(payload).toString());
}

async function foreignRecord(text: string): Promise<Uint8Array> {
  const other = await openReplica(new KeptEngine(), dvvset, replicaEnvironment(2));
  return (await other.mint(KEY, BLIND, Buffer.from(text), undefined)).record;
}

/** A life before this one was handed so many hints for others, and its disk has garbled them since. */
async function leaveDamagedHints(engine: KeptEngine, count: number): Promise<void> {
  const record = await foreignRecord("garbled");
  const before = await openReplica(engine, dvvset, environment());
  for (let index = 0; index < count; index += 1) {
    await before.store(Buffer.from(`key ${index}`), record, N1);
  }
  await engine.damage("hints");
}

describe("a damaged row", () => {
  test("D-4.7-4 is an error to readers, is counted, and gives way to what comes from others", async () => {
    const engine = new KeptEngine();
    const env = environment();
    const replica = await openReplica(engine, dvvset, env);
    await replica.mint(KEY, BLIND, Buffer.from("own"), undefined);
    await engine.damage("records");
    await expect(replica.read(KEY)).rejects.toThrow(DamageError);
    expect(env.counts.get("ringside_damaged_rows_total")).toBe(1);
    await replica.store(KEY, await foreignRecord("theirs"), undefined);
    expect(await payloads(replica)).toEqual(["theirs"]);
  });

  test("is minted over under a fresh actor", async () => {
    const engine = new KeptEngine();
    const replica = await openReplica(engine, dvvset, environment());
    const lost = await replica.mint(KEY, BLIND, Buffer.from("lost here"), undefined);
    await engine.damage("records");
    const minted = await replica.mint(KEY, BLIND, Buffer.from("own"), undefined);
    await minted.stored;
    expect(await payloads(replica)).toEqual(["own"]);
    // Who still holds what was lost keeps both.
    await replica.store(KEY, lost.record, undefined);
    expect(await payloads(replica)).toEqual(["lost here", "own"].sort());
  });

  test("of a hint is left out of what a write builds on, and of what is read beside a whole row of its own", async () => {
    const engine = new KeptEngine();
    const env = environment();
    const replica = await openReplica(engine, dvvset, env);
    await replica.store(KEY, await foreignRecord("hinted"), N1);
    await engine.damage("hints");
    // All that the node had: it must not pass for nothing.
    await expect(replica.read(KEY)).rejects.toThrow(DamageError);
    const minted = await replica.mint(KEY, BLIND, Buffer.from("own"), undefined);
    await minted.stored;
    const damagedReads = env.counts.get("ringside_damaged_rows_total") ?? 0;
    expect(await payloads(replica)).toEqual(["own"]);
    expect(env.counts.get("ringside_damaged_rows_total")).toBe(damagedReads + 1);
    await replica.store(KEY, minted.record, N1);
    expect(await payloads(replica)).toEqual(["own"]);
  });

  test("of its own is an error beside a whole hint", async () => {
    const engine = new KeptEngine();
    const replica = await openReplica(engine, dvvset, environment());
    const { record } = await replica.mint(KEY, BLIND, Buffer.from("own"), undefined);
    await engine.damage("records");
    await replica.store(KEY, record, N1);
    await expect(replica.read(KEY)).rejects.toThrow(DamageError);
  });
});

describe("damaged hints", () => {
  test("are passed over and removed when the others are delivered", async () => {
    const engine = new KeptEngine();
    const env = environment();
    const replica = await openReplica(engine, dvvset, env);
    const keys = ["a", "b", "c", "d"].map((name) => Buffer.from(name));
    for (const key of keys.slice(0, 3)) {
      const { record } = await replica.mint(key, BLIND, key, undefined);
      await replica.store(key, record, N1);
    }
    await engine.damage("hints");
    const { record } = await replica.mint(Buffer.from("d"), BLIND, KEY, undefined);
    await replica.store(Buffer.from("d"), record, N1);
    await replica.store(Buffer.from("b"), record, N1);
    const names: string[] = [];
    let after: Uint8Array | undefined;
    for (;;) {
      // One a page: some pages hold nothing but damage.
      const page = await replica.hints.scan(N1, { after, limit: 1 });
      if (page.length === 0) break;
      names.push(...page.map(({ key }) => Buffer.from(key).toString()));
      after = page.at(-1)?.rowKey;
    }
    expect(names.sort()).toEqual(["b", "d"]);
    expect(replica.hints.count).toBe(2);
    expect(await engine.count("hints")).toBe(2);
    expect(env.counts.get("ringside_damaged_hints_dropped_total")).toBe(2);
  });

  test("keep no node from starting, and the others stay", async () => {
    const engine = new KeptEngine();
    const before = await openReplica(engine, dvvset, environment());
    await before.store(KEY, await foreignRecord("garbled"), N1);
    await engine.damage("hints");
    await before.store(KEY, await foreignRecord("whole"), N2);
    const env = environment();
    const after = await openReplica(engine, dvvset, env);
    expect([...after.hints.countByOwner]).toEqual([[N2, 1]]);
    expect(await payloads(after)).toEqual(["whole"]);
    expect(env.counts.get("ringside_damaged_hints_dropped_total")).toBe(1);
  });

  test("are removed at the start in batches of a page, however many there are", async () => {
    const batchSizes: number[] = [];
    class CountingEngine extends KeptEngine {
      override write(writes: readonly Write[]): Promise<void> {
        batchSizes.push(writes.length);
        return super.write(writes);
      }
    }
    const engine = new CountingEngine();
    await leaveDamagedHints(engine, 1_024 + 3);
    batchSizes.length = 0;
    const env = environment();
    const after = await openReplica(engine, dvvset, env);
    expect(batchSizes).toEqual([1_024, 3]);
    expect([after.hints.count, await engine.count("hints")]).toEqual([0, 0]);
    expect(env.counts.get("ringside_damaged_hints_dropped_total")).toBe(1_024 + 3);
  });

  test("count as removed page by page where a later page cannot be removed", async () => {
    class FailingEngine extends KeptEngine {
      override write(writes: readonly Write[]): Promise<void> {
        // The short page is the last one.
        if (writes.length === 3) this.failNext();
        return super.write(writes);
      }
    }
    const engine = new FailingEngine();
    await leaveDamagedHints(engine, 1_024 + 3);
    const env = environment();
    await expect(openReplica(engine, dvvset, env)).rejects.toThrow(StorageError);
    expect(await engine.count("hints")).toBe(3);
    expect(env.counts.get("ringside_damaged_hints_dropped_total")).toBe(1_024);
  });
});
