/** Aim: a repeat that finds itself there rests on what is stored, not on a write that fails while the node looks around. */
import { expect, test } from "vitest";
import type { Clock } from "../causality/versioning.ts";
import { versioningFor } from "../causality/versioning-for.ts";
import { encodePayload } from "../protocol/payload.ts";
import type { TableName } from "../storage/engine.ts";
import { StorageError } from "../storage/engine.ts";
import { MemoryEngine } from "../storage/memory-engine.ts";
import { SlowEngine } from "../storage/testing/slow-engine.ts";
import { OTHERS, openReplica } from "./testing/replica-world.ts";

const dvvset = versioningFor("dvvset");
const KEY = Buffer.from("cart");
const BLIND: Clock = new Map();
const NAMED = encodePayload(
  { contentType: "text/plain", tombstone: false, bytes: Buffer.from("one") },
  { own: Buffer.alloc(16, 7), superseded: new Uint8Array(0) },
);

/** The write under way fails while a hint is being read. */
class FailingMeanwhile extends SlowEngine {
  isArmed = false;

  override async get(table: TableName, key: Uint8Array): Promise<Uint8Array | undefined> {
    const value = await super.get(table, key);
    if (table === "hints" && this.isArmed) await this.finishOne("failed");
    return value;
  }
}

test("a repeated write is stored when it says so, though its first attempt is lost while hints are read (K-11)", async () => {
  const elsewhere = await openReplica(new MemoryEngine(), dvvset);
  const other = await elsewhere.mint(KEY, BLIND, Buffer.from("other"), undefined);
  const engine = new FailingMeanwhile();
  const replica = await openReplica(engine, dvvset);
  const hinted = replica.store(KEY, other.record, OTHERS[0]);
  await expect.poll(() => engine.waiting).toBe(1);
  await engine.finishOne("stored");
  await hinted;
  const first = await replica.mint(KEY, BLIND, NAMED, undefined);
  const lost = expect(first.stored).rejects.toThrow(StorageError);
  engine.isArmed = true;
  const repeating = replica.mint(KEY, BLIND, NAMED, undefined);
  await lost;
  // The disk is proven first.
  for (let write = 0; write < 2; write += 1) {
    await expect.poll(() => engine.waiting).toBe(1);
    engine.isArmed = false;
    await engine.finishOne("stored");
  }
  const repeat = await repeating;
  await engine.finishOne("stored");
  await repeat.stored;
  const ownRows = await engine.durable.scan("records", { limit: 10 });
  expect(Buffer.from(ownRows[0]?.value ?? []).includes(Buffer.from("one"))).toBe(true);
});
