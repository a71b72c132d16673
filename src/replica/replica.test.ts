import { describe, expect, test } from "vitest";
import { AssertionError } from "../base/assert.ts";
import type { Clock, Versioning } from "../causality/versioning.ts";
import { versioningFor } from "../causality/versioning-for.ts";
import { ManualClock } from "../env/testing/manual-clock.ts";
import { quietEnvironment } from "../env/testing/quiet-environment.ts";
import { DynamoError } from "../protocol/errors.ts";
import { StorageError } from "../storage/engine.ts";
import { MemoryEngine } from "../storage/memory-engine.ts";
import { SlowEngine } from "../storage/testing/slow-engine.ts";
import { WriteBuffer } from "../storage/write-buffer.ts";
import type { Replica } from "./replica.ts";
import { hintRowKey } from "./row-keys.ts";
import { OTHERS, openReplica, replicaEnvironment } from "./testing/replica-world.ts";

const dvvset = versioningFor("dvvset");
const [N1, N2] = OTHERS;
const KEY = Buffer.from("cart");
const BLIND: Clock = new Map();

test("Replica.store() that is to be durable stores a row that was in a buffer alone, changed or not", async () => {
  const below = new MemoryEngine();
  const options = { objectsMax: 100, flushMs: 100, gatherMs: 5 };
  const clock = new ManualClock();
  const buffer = new WriteBuffer(quietEnvironment(clock), { engine: below }, options);
  const replica = await openReplica(buffer, dvvset);
  const record = await foreignRecord("a");
  await replica.store(KEY, record, undefined);
  expect(await below.count("records")).toBe(0);
  const stored = replica.store(KEY, record, undefined, { durable: true });
  await new Promise((resolve) => setImmediate(resolve));
  clock.advance(1_000);
  await stored;
  expect(await below.count("records")).toBe(1);
  expect(await replica.read(KEY)).toEqual(record);
});

test("HintRows.drop() has the hint gone below a write buffer, too: a crash must not bring back what was overtaken", async () => {
  const below = new MemoryEngine();
  const clock = new ManualClock();
  const options = { objectsMax: 100, flushMs: 60_000, gatherMs: 5 };
  const buffer = new WriteBuffer(quietEnvironment(clock), { engine: below }, options);
  const replica = await openReplica(buffer, dvvset);
  const record = await foreignRecord("a");
  await replica.store(KEY, record, N1);
  await buffer.flush();
  expect(await below.count("hints")).toBe(1);
  const dropped = replica.hints.drop(N1, KEY, record);
  await new Promise((resolve) => setImmediate(resolve));
  clock.advance(100);
  expect(await dropped).toBe(true);
  expect(await below.count("hints")).toBe(0);
});

describe("Replica.read()", () => {
  test("gives back stored bytes verbatim, and undefined for nothing", async () => {
    const replica = await openReplica(new MemoryEngine(), dvvset);
    expect(await replica.read(KEY)).toBeUndefined();
    const record = await foreignRecord("a");
    await replica.store(KEY, record, undefined);
    expect(await replica.read(KEY)).toEqual(record);
  });

  test("merges hints of all owners in, and gives a lone hint back verbatim (D-4.6-5)", async () => {
    const replica = await openReplica(new MemoryEngine(), dvvset);
    const hinted = await foreignRecord("hinted");
    await replica.store(KEY, hinted, N1);
    expect(await replica.read(KEY)).toEqual(hinted);
    await replica.store(KEY, await foreignRecord("other"), N2);
    await replica.store(KEY, await foreignRecord("own"), undefined);
    expect(await payloads(replica)).toEqual(["hinted", "other", "own"]);
  });

  test("D-4.6-3 finds the hints of an earlier life", async () => {
    const engine = new MemoryEngine();
    const before = await openReplica(engine, dvvset);
    await before.store(KEY, await foreignRecord("hinted"), N1);
    const after = await openReplica(engine, dvvset);
    expect(await payloads(after)).toEqual(["hinted"]);
    expect(after.hints.count).toBe(1);
    expect([...after.hints.countByOwner]).toEqual([[N1, 1]]);
  });

  test("rejects with StorageError where a stored row is damaged", async () => {
    const engine = new MemoryEngine();
    const replica = await openReplica(engine, dvvset);
    await replica.store(KEY, await foreignRecord("a"), undefined);
    const [row] = await engine.scan("records", { limit: 1 });
    await engine.write([{ table: "records", key: row?.key ?? KEY, value: Uint8Array.of(9, 0, 1) }]);
    await expect(replica.read(KEY)).rejects.toThrow(StorageError);
    await expect(replica.mint(KEY, BLIND, KEY, undefined)).rejects.toThrow(StorageError);
  });
});

describe("Replica.store()", () => {
  test("refuses bytes that are no record and changes nothing", async () => {
    const replica = await openReplica(new MemoryEngine(), dvvset);
    const record = await foreignRecord("a");
    await replica.store(KEY, record, undefined);
    for (const bad of [Buffer.from("no record"), new Uint8Array(0), record.subarray(0, -1)]) {
      const refused = await replica.store(KEY, bad, N1).catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(DynamoError);
      expect(refused).toMatchObject({ code: "bad-request" });
      await expect(replica.store(KEY, bad, undefined)).rejects.toThrow(DynamoError);
    }
    expect(await replica.read(KEY)).toEqual(record);
    expect(replica.hints.count).toBe(0);
  });

  test("writes nothing for what it has, and counts that", async () => {
    const engine = new SlowEngine({ auto: true });
    const env = replicaEnvironment(1);
    const replica = await openReplica(engine, dvvset, env);
    const older = await foreignRecord("a");
    const newer = (await mintOn(older, "b")).record;
    await replica.store(KEY, newer, undefined);
    const writes: unknown[] = [];
    engine.write = async (list) => void writes.push(...list);
    await replica.store(KEY, newer, undefined);
    await replica.store(KEY, older, undefined);
    expect(writes).toEqual([]);
    expect(env.counts.get("ringside_replica_unchanged_total")).toBe(2);
    expect(await replica.read(KEY)).toEqual(newer);
  });

  test("of what it has waits until that is durable, and fails with it", async () => {
    const engine = new SlowEngine();
    const replica = await openReplica(engine, dvvset);
    const record = await foreignRecord("a");
    for (const outcome of ["failed", "stored"] as const) {
      const states: string[] = [];
      const note = (name: string, promise: Promise<void>): Promise<void> =>
        promise.then(
          () => void states.push(`${name} stored`),
          () => void states.push(`${name} failed`),
        );
      const first = note("first", replica.store(KEY, record, undefined));
      const second = note("second", replica.store(KEY, record, undefined));
      await turn();
      expect(engine.waiting).toBe(1);
      expect(states).toEqual([]);
      await engine.finishOne(outcome);
      await Promise.all([first, second]);
      expect(states.sort()).toEqual([`first ${outcome}`, `second ${outcome}`]);
    }
    await replica.store(KEY, record, undefined);
    expect(engine.waiting).toBe(0);
  });

  test("merges concurrent records into canonical bytes", async () => {
    const env = replicaEnvironment(1);
    const replica = await openReplica(new MemoryEngine(), dvvset, env);
    const [left, right] = [await foreignRecord("left"), await foreignRecord("right")];
    await replica.store(KEY, left, undefined);
    await replica.store(KEY, right, undefined);
    const merged = dvvset.encode(dvvset.merge(dvvset.decode(left), dvvset.decode(right)));
    expect(await replica.read(KEY)).toEqual(merged);
    expect(env.counts.get("ringside_replica_merges_total")).toBe(1);
  });

  test("keeps the stored one of two values with one clock, as the paper's mode can make (K-2)", async () => {
    const mode = versioningFor("vector-clock");
    const replica = await openReplica(new MemoryEngine(), mode);
    const twin = await openReplica(new MemoryEngine(), mode);
    const first = await replica.mint(KEY, BLIND, Buffer.from("first"), undefined);
    const second = await twin.mint(KEY, BLIND, Buffer.from("second"), undefined);
    expect(second.siblings.clock).toEqual(first.siblings.clock);
    await replica.store(KEY, second.record, undefined);
    expect(await replica.read(KEY)).toEqual(first.record);
  });

  test("D-4.4-2 does not keep the memory it was given", async () => {
    const replica = await openReplica(new MemoryEngine(), dvvset);
    const record = await foreignRecord("a");
    const received = Buffer.from(record);
    await replica.store(KEY, received, undefined);
    received.fill(0);
    expect(await replica.read(KEY)).toEqual(record);
  });
});

describe("Replica.mint()", () => {
  test("leaves nothing of a write that was withdrawn before its turn or before its row was read", async () => {
    const engine = new SlowEngine();
    const replica = await openReplica(engine, dvvset);
    let withdrawn = false;
    let asked = 0;
    const isWithdrawn = (): boolean => {
      asked += 1;
      return withdrawn;
    };
    const first = replica.mint(KEY, BLIND, Buffer.from("first"), undefined, { isWithdrawn });
    const waiting = replica.mint(KEY, BLIND, Buffer.from("waiting"), undefined, { isWithdrawn });
    // The first has had its turn and reads its row, the second waits.
    expect(asked).toBe(1);
    withdrawn = true;
    await expect(first).rejects.toThrow(DynamoError);
    await expect(waiting).rejects.toThrow(DynamoError);
    expect(await replica.read(KEY)).toBeUndefined();
    expect(engine.waiting).toBe(0);
    const { siblings } = await replica.mint(KEY, BLIND, Buffer.from("next"), undefined);
    expect([...siblings.clock.values()]).toEqual([1]);
  });

  test("asserts that a write leaves more than it found", async () => {
    const forgetful: Versioning = { ...dvvset, update: (stored) => stored };
    const replica = await openReplica(new MemoryEngine(), forgetful);
    await expect(replica.mint(KEY, BLIND, KEY, undefined)).rejects.toThrow(AssertionError);
  });

  test("is visible at once and tells of durability apart", async () => {
    const engine = new SlowEngine();
    const replica = await openReplica(engine, dvvset);
    const minted = await replica.mint(KEY, BLIND, Buffer.from("a"), undefined);
    expect(await replica.read(KEY)).toEqual(minted.record);
    expect(await engine.durable.count("records")).toBe(0);
    await engine.finishOne("stored");
    await minted.stored;
    expect(await engine.durable.count("records")).toBe(1);
  });

  test("uses one actor a row, counting on, and a fresh one for another row or life", async () => {
    const engine = new MemoryEngine();
    const env = replicaEnvironment(1);
    const replica = await openReplica(engine, dvvset, env);
    const own = await actorsAfter(replica, undefined, "a", "b");
    expect([...own.values()]).toEqual([2]);
    const withHint = await actorsAfter(replica, N1, "c");
    expect([...withHint.values()].sort()).toEqual([1, 2]);
    const nextLife = await openReplica(engine, dvvset, env);
    expect((await actorsAfter(nextLife, undefined, "d")).size).toBe(3);
  });

  test("uses a fresh actor in a row received from others, and for a hint made again after its delivery", async () => {
    const replica = await openReplica(new MemoryEngine(), dvvset);
    const first = await replica.mint(KEY, BLIND, Buffer.from("a"), N1);
    expect(await replica.hints.drop(N1, KEY, first.record)).toBe(true);
    const second = await replica.mint(KEY, BLIND, Buffer.from("b"), N1);
    const [firstActor] = [...first.siblings.clock.keys()];
    const [secondActor] = [...second.siblings.clock.keys()];
    expect(secondActor).not.toBe(firstActor);
    await replica.store(KEY, first.record, undefined);
    const third = await replica.mint(KEY, BLIND, Buffer.from("c"), undefined);
    expect(third.siblings.clock.get(firstActor as never)).toBe(1);
    expect(third.siblings.clock.size).toBe(3);
  });

  test("never mints again under the actor of a write that was lost (K-6)", async () => {
    const engine = new SlowEngine();
    const replica = await openReplica(engine, dvvset);
    const kept = await replica.mint(KEY, BLIND, Buffer.from("kept"), undefined);
    await engine.finishOne("stored");
    await kept.stored;
    const lost = await replica.mint(KEY, kept.siblings.clock, Buffer.from("lost"), undefined);
    await engine.finishOne("failed");
    await expect(lost.stored).rejects.toThrow(StorageError);
    expect(await replica.read(KEY)).toEqual(kept.record);
    const minting = replica.mint(KEY, BLIND, Buffer.from("next"), undefined);
    // The disk is proven first.
    for (let write = 0; write < 2; write += 1) {
      await expect.poll(() => engine.waiting).toBe(1);
      await engine.finishOne("stored");
    }
    const next = await minting;
    expect(next.siblings.clock.size).toBe(2);
    // A peer that saw the lost write merges it with the next one, and nobody takes one for the other.
    const merged = dvvset.merge(dvvset.decode(lost.record), dvvset.decode(next.record));
    expect(textsOf(merged.payloads)).toEqual(["lost", "next"]);
  });

  test("nor after a merge on top of the row that a lost write left, before anyone is told (found by the property)", async () => {
    const engine = new SlowEngine({ tellsLate: true });
    const replica = await openReplica(engine, dvvset);
    const kept = await replica.mint(KEY, BLIND, Buffer.from("kept"), undefined);
    await engine.finishOne("stored");
    await kept.stored;
    const lost = await replica.mint(KEY, BLIND, Buffer.from("lost"), undefined);
    const lostTold = expect(lost.stored).rejects.toThrow(StorageError);
    const failing = engine.finishOne("failed");
    const merged = replica.store(KEY, await foreignRecord("other"), undefined);
    const next = await replica.mint(KEY, BLIND, Buffer.from("next"), undefined);
    const both = dvvset.merge(dvvset.decode(lost.record), dvvset.decode(next.record));
    expect(textsOf(both.payloads)).toEqual(["kept", "lost", "next", "other"]);
    await Promise.all([failing, lostTold]);
    await engine.finishOne("stored");
    await engine.finishOne("stored");
    await Promise.all([merged, next.stored]);
  });

  test("hands on everything the node holds, hints included", async () => {
    const replica = await openReplica(new MemoryEngine(), dvvset);
    await replica.store(KEY, await foreignRecord("hinted"), N1);
    await replica.store(KEY, await foreignRecord("own"), undefined);
    for (const owner of [undefined, N1, N2]) {
      const minted = await replica.mint(KEY, BLIND, Buffer.from(`for ${owner}`), owner);
      expect(textsOf(minted.siblings.payloads)).toEqual(
        expect.arrayContaining(["hinted", "own", `for ${owner}`]),
      );
    }
  });

  test("takes a hint for the node itself as its own row", async () => {
    const replica = await openReplica(new MemoryEngine(), dvvset);
    await replica.store(KEY, await foreignRecord("a"), "self" as typeof N1);
    expect(replica.hints.count).toBe(0);
    expect(await payloads(replica)).toEqual(["a"]);
  });
});

describe("hints", () => {
  test("scanHints() lists one owner's in order, page by page", async () => {
    const replica = await openReplica(new MemoryEngine(), dvvset);
    const record = await foreignRecord("a");
    for (let index = 0; index < 10; index += 1) {
      await replica.store(Buffer.from(`k${index}`), record, index % 5 === 0 ? N2 : N1);
    }
    expect([...replica.hints.countByOwner].sort()).toEqual([
      [N1, 8],
      [N2, 2],
    ]);
    const found: string[] = [];
    let after: Uint8Array | undefined;
    do {
      const page = await replica.hints.scan(N1, { after, limit: 3 });
      found.push(...page.map(({ key }) => Buffer.from(key).toString()));
      expect(page.every((hint) => Buffer.compare(hint.record, record) === 0)).toBe(true);
      after = page.at(-1)?.rowKey;
    } while (after !== undefined);
    expect(found.sort()).toEqual(["k1", "k2", "k3", "k4", "k6", "k7", "k8", "k9"]);
  });

  test("D-4.6-4 dropHint() keeps a hint that changed since it was delivered", async () => {
    const replica = await openReplica(new MemoryEngine(), dvvset);
    const delivered = await foreignRecord("delivered");
    await replica.store(KEY, delivered, N1);
    await replica.store(KEY, await foreignRecord("later"), N1);
    expect(await replica.hints.drop(N1, KEY, delivered)).toBe(false);
    expect(await payloads(replica)).toEqual(["delivered", "later"]);
    const [hint] = await replica.hints.scan(N1, { limit: 1 });
    expect(await replica.hints.drop(N1, KEY, hint?.record ?? KEY)).toBe(true);
    expect(await replica.hints.drop(N1, KEY, hint?.record ?? KEY)).toBe(false);
    expect(replica.hints.count).toBe(0);
    expect(await replica.read(KEY)).toBeUndefined();
  });

  test("dropHint() and a write for the same owner never lose the write", async () => {
    const engine = new SlowEngine();
    const replica = await openReplica(engine, dvvset);
    const delivered = await foreignRecord("delivered");
    const stored = replica.store(KEY, delivered, N1);
    await turn();
    const dropped = replica.hints.drop(N1, KEY, delivered);
    const minted = replica.mint(KEY, BLIND, Buffer.from("new"), N1);
    await engine.finishOne("stored");
    await stored;
    await turn();
    await engine.finishOne("stored");
    expect(await dropped).toBe(true);
    const { stored: mintStored } = await minted;
    await engine.finishOne("stored");
    await mintStored;
    expect(await payloads(replica)).toEqual(["new"]);
    expect(replica.hints.count).toBe(1);
  });

  test("a hint whose write was lost is not counted, and one whose removal was lost stays", async () => {
    const engine = new SlowEngine();
    const replica = await openReplica(engine, dvvset);
    const record = await foreignRecord("a");
    const lost = replica.store(KEY, record, N1);
    await turn();
    expect(replica.hints.count).toBe(1);
    await engine.finishOne("failed");
    await expect(lost).rejects.toThrow(StorageError);
    expect(replica.hints.count).toBe(0);
    const kept = replica.store(KEY, record, N1);
    await turn();
    await engine.finishOne("stored");
    await kept;
    const dropped = replica.hints.drop(N1, KEY, record);
    await turn();
    await engine.finishOne("failed");
    await expect(dropped).rejects.toThrow(StorageError);
    expect(replica.hints.count).toBe(1);
    expect(await payloads(replica)).toEqual(["a"]);
  });

  test("Replica.open() refuses a hint row it cannot read", async () => {
    const engine = new MemoryEngine();
    const key = hintRowKey(N1, 3, KEY).subarray(0, 3);
    await engine.write([{ table: "hints", key, value: KEY }]);
    await expect(openReplica(engine, dvvset)).rejects.toThrow(StorageError);
  });
});

let foreignLives = 100;

/** A record that another node minted, concurrent with all others. */
async function foreignRecord(payload: string): Promise<Uint8Array> {
  return (await mintOn(undefined, payload)).record;
}

/** What another node makes of a record that it received and read. */
async function mintOn(record: Uint8Array | undefined, payload: string) {
  foreignLives += 1;
  const other = await openReplica(new MemoryEngine(), dvvset, replicaEnvironment(foreignLives));
  if (record !== undefined) {
    await other.store(KEY, record, undefined);
  }
  const context = record === undefined ? BLIND : dvvset.decode(record).clock;
  return other.mint(KEY, context, Buffer.from(payload), undefined);
}

/** Mints each payload without a context and gives the clock after the last. */
async function actorsAfter(
  replica: Replica,
  owner: typeof N1 | undefined,
  ...texts: readonly string[]
): Promise<Clock> {
  let clock = BLIND;
  for (const payload of texts) {
    const minted = await replica.mint(KEY, BLIND, Buffer.from(payload), owner);
    await minted.stored;
    clock = minted.siblings.clock;
  }
  return clock;
}

async function payloads(replica: Replica): Promise<string[]> {
  const record = await replica.read(KEY);
  return record === undefined ? [] : textsOf(dvvset.decode(record).payloads);
}

function textsOf(list: readonly Uint8Array[]): string[] {
  return list.map((payload) => Buffer.from(payload).toString()).sort();
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
