import { describe, expect, test } from "vitest";
import { versioningFor } from "../causality/versioning-for.ts";
import { CountingAssertions } from "../env/testing/counting-assertions.ts";
import type { Write } from "../storage/engine.ts";
import { StorageError } from "../storage/engine.ts";
import { MemoryEngine } from "../storage/memory-engine.ts";
import { DiskDoubt } from "./disk-doubt.ts";
import { OTHERS, openReplica, replicaEnvironment } from "./testing/replica-world.ts";

const KEY = Buffer.from("k");
const BLIND = new Map();
const dvvset = versioningFor("dvvset");

/** A disk that takes no value of more than `roomBytes`. */
class SmallDisk extends MemoryEngine {
  roomBytes = Number.POSITIVE_INFINITY;
  writeCount = 0;

  override async write(writes: readonly Write[]): Promise<void> {
    this.writeCount += 1;
    if (writes.some(({ value }) => (value?.length ?? 0) > this.roomBytes)) {
      throw new StorageError("Cannot write: the disk is full");
    }
    await super.write(writes);
  }
}

describe("DiskDoubt", () => {
  test("holds for what is larger than anything stored since the last loss, until something as large as the largest loss is", () => {
    const doubt = new DiskDoubt(new MemoryEngine(), new CountingAssertions());
    expect(doubt.isAbout(1_000_000)).toBe(false);
    doubt.lost(100);
    expect([doubt.isAbout(1), doubt.isAbout(100)]).toEqual([true, true]);
    doubt.stored(10, doubt.lossCount);
    expect([doubt.isAbout(10), doubt.isAbout(11)]).toEqual([false, true]);
    doubt.stored(1_000, doubt.lossCount - 1);
    expect(doubt.isAbout(11)).toBe(true);
    doubt.lost(5);
    expect(doubt.isAbout(1)).toBe(true);
    doubt.stored(100, doubt.lossCount);
    expect(doubt.isAbout(1_000_000)).toBe(false);
  });
});

describe.each([undefined, OTHERS[0]])(
  "D-4.4-9 Replica.mint() for %s on a disk that loses writes",
  (hintFor) => {
    test.each([false, true])(
      "refuses before it mints, takes no actor, and goes on once the disk is well; the row was there: %s",
      async (isThere) => {
        const engine = new SmallDisk();
        const env = replicaEnvironment(1);
        const replica = await openReplica(engine, dvvset, env);
        if (isThere) await (await replica.mint(KEY, BLIND, Buffer.from("before"), hintFor)).stored;
        engine.roomBytes = 0;
        const lost = await replica.mint(KEY, BLIND, Buffer.from("lost"), hintFor);
        await expect(lost.stored).rejects.toThrow(StorageError);
        for (let write = 0; write < 400; write += 1) {
          const refused = replica.mint(KEY, BLIND, Buffer.from(`${write}`), hintFor);
          await expect(refused).rejects.toThrow(StorageError);
        }
        engine.roomBytes = Number.POSITIVE_INFINITY;
        const minted = await replica.mint(KEY, BLIND, Buffer.from("after"), hintFor);
        await minted.stored;
        const actors = new Set([...lost.siblings.clock.keys(), ...minted.siblings.clock.keys()]);
        // Of the row as it was, of the lost write, where that is another, and of the last.
        expect(actors.size).toBe(2);
        expect([...actors].every((actor) => /\/[0-2]$/.test(actor))).toBe(true);
        expect(await engine.count("incarnations")).toBe(0);
      },
    );

    test("takes small writes without a probe for each where only large ones are lost", async () => {
      const engine = new SmallDisk();
      const replica = await openReplica(engine, dvvset);
      engine.roomBytes = 500;
      const large = Buffer.alloc(1_000);
      const lost = await replica.mint(KEY, BLIND, large, hintFor);
      await expect(lost.stored).rejects.toThrow(StorageError);
      const small = Buffer.from("small");
      for (const key of ["a", "b", "c"]) {
        await (await replica.mint(Buffer.from(key), BLIND, small, hintFor)).stored;
      }
      // The large one, two for the probe, and the small ones.
      expect(engine.writeCount).toBe(1 + 2 + 3);
      await expect(replica.mint(KEY, BLIND, large, hintFor)).rejects.toThrow(StorageError);
    });

    test("merges what comes from others all the while", async () => {
      const engine = new SmallDisk();
      const replica = await openReplica(engine, dvvset);
      engine.roomBytes = 0;
      const lost = await replica.mint(KEY, BLIND, Buffer.from("lost"), hintFor);
      await expect(lost.stored).rejects.toThrow(StorageError);
      engine.roomBytes = Number.POSITIVE_INFINITY;
      await replica.store(KEY, lost.record, hintFor);
      // What was stored for others proves the disk as well as a probe does.
      const before = engine.writeCount;
      await (await replica.mint(Buffer.from("other"), BLIND, Buffer.from("v"), hintFor)).stored;
      expect(engine.writeCount).toBe(before + 1);
    });
  },
);
