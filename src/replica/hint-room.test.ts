import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nodeId } from "../base/ids.ts";
import { versioningFor } from "../causality/versioning-for.ts";
import { ManualClock } from "../env/testing/manual-clock.ts";
import { quietEnvironment } from "../env/testing/quiet-environment.ts";
import { createRing } from "../ring/partition-table.ts";
import type { Engine } from "../storage/engine.ts";
import { MemoryEngine } from "../storage/memory-engine.ts";
import { SlowEngine } from "../storage/testing/slow-engine.ts";
import { HintIndex, loadHints } from "./hint-index.ts";
import type { HintLimits } from "./hint-room.ts";
import { HintRoom, hasRoom } from "./hint-room.ts";
import { Life } from "./life.ts";
import { Replica } from "./replica.ts";
import { OTHERS, openReplica, SELF } from "./testing/replica-world.ts";

const dvvset = versioningFor("dvvset");
const [N1, N2] = OTHERS;
const RING = createRing({ clusterId: "test", nodes: [SELF, ...OTHERS], partitionCount: 8 });
const OWNERS = [N1, N2, nodeId("n3")];

/** A replica with these limits, and its environment's metrics and log. */
async function replicaWith(hintLimits: HintLimits, engine: Engine = new MemoryEngine()) {
  const env = { ...quietEnvironment(new ManualClock()), transport: NO_TRANSPORT };
  const replica = await Replica.open(env, {
    engine,
    versioning: dvvset,
    ring: () => RING,
    nodeId: SELF,
    life: await Life.begin(env, { engine: new MemoryEngine(), nodeId: SELF }),
    hintLimits,
  });
  return { replica, engine, ...env };
}

async function recordOf(value: string): Promise<Uint8Array> {
  const replica = await openReplica(new MemoryEngine(), dvvset);
  const minted = await replica.mint(Buffer.from("any"), new Map(), Buffer.from(value), undefined);
  return minted.record;
}

describe("hasRoom()", () => {
  const limits = { hintsMax: 2, hintBytesMax: 100 };
  test.each([
    ["one more of them", { count: 1, sizeBytes: 50 }, { before: undefined, after: 50 }, true],
    ["one too many", { count: 2, sizeBytes: 50 }, { before: undefined, after: 1 }, false],
    ["a byte too many", { count: 1, sizeBytes: 50 }, { before: undefined, after: 51 }, false],
    ["a row that grows", { count: 2, sizeBytes: 90 }, { before: 40, after: 50 }, true],
    ["a row that grows too far", { count: 2, sizeBytes: 90 }, { before: 40, after: 51 }, false],
    [
      "a row that shrinks, over the bound",
      { count: 9, sizeBytes: 900 },
      { before: 40, after: 40 },
      true,
    ],
  ])("%s", (_, use, change, expected) => {
    expect(hasRoom(use, change, limits)).toBe(expected);
  });
});

describe("HintRoom", () => {
  test("counts exactly what is kept and never goes beyond its limits", () => {
    const step = fc.record({
      key: fc.constantFrom("a", "b", "c", "d"),
      owner: fc.constantFrom(...OWNERS),
      sizeBytes: fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const hints = new HintIndex();
        const limits = { hintsMax: 5, hintBytesMax: 150 };
        const room = new HintRoom(quietEnvironment(new ManualClock()), hints, limits);
        const kept = new Map<string, number>();
        for (const { key, owner, sizeBytes } of steps) {
          const id = `${owner}/${key}`;
          if (sizeBytes === undefined) {
            hints.set(key, owner, undefined);
            kept.delete(id);
            room.freed();
          } else {
            const others = [...kept].filter(([each]) => each !== id);
            const total = others.reduce((sum, [, size]) => sum + size, sizeBytes);
            const fits = others.length < 5 && (total <= 150 || sizeBytes <= (kept.get(id) ?? 0));
            if (fits) {
              room.claim(key, owner, sizeBytes);
              kept.set(id, sizeBytes);
            } else {
              expect(() => room.claim(key, owner, sizeBytes)).toThrow(/no room/);
              expect(room.status().isLimitReached).toBe(true);
            }
          }
          const sum = [...kept.values()].reduce((total, size) => total + size, 0);
          expect(room.status()).toMatchObject({ count: kept.size, sizeBytes: sum });
          expect([...hints.countByOwner.values()].reduce((a, b) => a + b, 0)).toBe(kept.size);
        }
      }),
    );
  });
});

describe("Replica with a limit of hints", () => {
  const ONE = { hintsMax: 1, hintBytesMax: 1_000_000 };

  test("D-4.6-8 refuses one too many for certain, stores nothing of it, and raises the alarm until there is room", async () => {
    const { replica, engine, metrics, log } = await replicaWith(ONE);
    const record = await recordOf("v");
    await replica.store(Buffer.from("a"), record, N1);
    const refused = replica.store(Buffer.from("b"), record, N1);
    await expect(refused).rejects.toMatchObject({ code: "hints-full", definite: true });
    await expect(replica.store(Buffer.from("a"), record, N2)).rejects.toThrow(/no room/);
    expect(await engine.count("hints")).toBe(1);
    expect(replica.hints.room()).toMatchObject({ count: 1, isLimitReached: true });
    expect(metrics.valueOf("ringside_hints_refused_total")).toBe(2);
    expect(metrics.valueOf("ringside_hints_limit_reached")).toBe(1);
    expect(log.lines.filter(({ level }) => level === "warn")).toHaveLength(1);

    await replica.hints.drop(N1, Buffer.from("a"), record);
    expect(metrics.valueOf("ringside_hints_limit_reached")).toBe(0);
    expect(metrics.valueOf("ringside_hints_bytes")).toBe(0);
    await replica.store(Buffer.from("b"), record, N1);
  });

  test("still takes a newer record of a hint that it keeps, and its own copies", async () => {
    const { replica } = await replicaWith(ONE);
    await replica.store(Buffer.from("a"), await recordOf("v"), N1);
    await replica.store(Buffer.from("a"), await recordOf("w"), N1);
    await replica.store(Buffer.from("b"), await recordOf("v"), undefined);
    expect(replica.hints.count).toBe(1);
  });

  test("refuses a write of its own that would be a hint, and leaves nothing of it", async () => {
    const { replica, engine } = await replicaWith({ hintsMax: 0, hintBytesMax: 1_000_000 });
    const key = Buffer.from("a");
    const refused = replica.mint(key, new Map(), Buffer.from("v"), N1);
    await expect(refused).rejects.toMatchObject({ code: "hints-full" });
    expect(await replica.read(key)).toBeUndefined();
    expect(await engine.count("hints")).toBe(0);
    await (await replica.mint(key, new Map(), Buffer.from("v"), undefined)).stored;
  });

  test("bounds bytes as the rows have them, keys included", async () => {
    const record = await recordOf("v");
    const { replica, engine } = await replicaWith({ hintsMax: 100, hintBytesMax: 1_000_000 });
    await replica.store(Buffer.from("a"), record, N1);
    const [row] = await engine.scan("hints", { limit: 1 });
    const sizeBytes = (row?.key.length ?? 0) + (row?.value?.length ?? 0);
    expect(replica.hints.room().sizeBytes).toBe(sizeBytes);
    expect((await loadHints(engine)).index.sizeBytes).toBe(sizeBytes);

    const exact = await replicaWith({ hintsMax: 100, hintBytesMax: sizeBytes });
    await exact.replica.store(Buffer.from("a"), record, N1);
    const short = await replicaWith({ hintsMax: 100, hintBytesMax: sizeBytes - 1 });
    await expect(short.replica.store(Buffer.from("a"), record, N1)).rejects.toThrow(/no room/);
  });

  test("counts a hint that is not durable yet, and no longer once its write is lost", async () => {
    const engine = new SlowEngine({ auto: false });
    const { replica } = await replicaWith(ONE, engine);
    const record = await recordOf("v");
    const first = replica.store(Buffer.from("a"), record, N1).catch(() => "lost");
    while (engine.waiting === 0) await Promise.resolve();
    await expect(replica.store(Buffer.from("b"), record, N1)).rejects.toThrow(/no room/);
    await engine.finishOne("failed");
    expect(await first).toBe("lost");
    expect(replica.hints.room()).toMatchObject({ count: 0, sizeBytes: 0, isLimitReached: false });
  });
});

const refuse = (): never => {
  throw new Error("A replica has no network");
};
const NO_TRANSPORT = { connect: refuse, listen: refuse };
