import { describe, expect, test } from "vitest";
import { SeededRandom } from "../../../../src/base/seeded-random.ts";
import { quietEnvironment } from "../../../../src/env/testing/quiet-environment.ts";
import type { Engine, Write } from "../../../../src/storage/engine.ts";
import { FatalStorageError, StorageError } from "../../../../src/storage/engine.ts";
import type { CrashEvent } from "../../../../src/storage/testing/crash-script.ts";
import { crashFaults, runCrashScript } from "../../../../src/storage/testing/crash-script.ts";
import { WriteBuffer } from "../../../../src/storage/write-buffer.ts";
import { SimDisk } from "./sim-disk.ts";
import type { DiskKind } from "./sim-disk-options.ts";
import type { SimEngine } from "./sim-engine.ts";
import { diskWorld, put, remove, settled } from "./testing/disk-world.ts";
import { EagerClock } from "./testing/eager-clock.ts";
import { everyEnding } from "./testing/every-ending.ts";
import { RowWatcher, textsOf } from "./testing/row-watcher.ts";

/*
 * Aim: an engine that one failed write has ended answers everybody at once, promises nothing more and, like databases after an I/O
 * error, leaves of that write what nobody knows; the next life is well.
 *
 * Method: hand-made moments first; then the crash script, with each of its commits as the last one, with and without a write buffer,
 * and with every way in which the disk may end.
 */

/** What became of a promise; "waits" where nothing has. */
async function outcomeOf(promise: Promise<unknown>): Promise<string> {
  let outcome = "waits";
  promise.then(
    () => {
      outcome = "done";
    },
    (error: unknown) => {
      outcome = error instanceof FatalStorageError ? "fatal" : String(error);
    },
  );
  await settled();
  return outcome;
}

/** A disk with one row, whose engine has died of writing it anew. */
async function deadWorld(kind: DiskKind, seed = 1) {
  const world = diskWorld(kind, seed);
  const engine = world.disk.open();
  const before = engine.write([put("a", "before"), put("b", "kept")]);
  world.clock.advance(1_000);
  await before;
  world.disk.failForGood();
  const last = engine.write([put("a", "after"), remove("b")]);
  const behind = engine.write([put("c", "behind")]);
  world.clock.advance(1_000);
  return { ...world, engine, last: await outcomeOf(last), behind: await outcomeOf(behind) };
}

describe.each(["synced", "unsynced"] as const)("a disk of kind %s that fails for good", (kind) => {
  test("shows the write that it fails until then, and what was before it afterwards", async () => {
    const { disk, clock, watcher } = diskWorld(kind);
    const engine = disk.open();
    disk.failForGood();
    const last = engine.write([put("a", "1")]);
    expect(await engine.get("records", Buffer.from("a"))).toEqual(Buffer.from("1"));
    expect(watcher.visible).toEqual(textsOf(disk.rows()));
    clock.advance(1_000);
    expect(await outcomeOf(last)).toBe("fatal");
    expect([textsOf(disk.rows()), watcher.visible]).toEqual([{}, {}]);
  });

  test.each(["is killed", "is closed"] as const)(
    "leaves nothing of a write that it had no room for, once the engine %s",
    async (how) => {
      const worlds = Array.from({ length: 20 }, (_, seed) => diskWorld(kind, seed));
      for (const { disk, clock } of worlds) {
        const engine = disk.open();
        disk.setFull(true);
        disk.failForGood();
        const last = engine.write([put("a", "1")]);
        clock.advance(1_000);
        expect(await outcomeOf(last)).toBe("fatal");
        // Room that is there later was not there then.
        disk.setFull(false);
        if (how === "is killed") disk.crash("process");
        else await engine.close();
        disk.open();
        expect(textsOf(disk.rows())).toEqual({});
      }
    },
  );

  test("rejects what waited behind it and every later call, at once", async () => {
    const { engine, clock, last, behind, disk, watcher } = await deadWorld(kind);
    expect([last, behind]).toEqual(["fatal", "fatal"]);
    const calls = [
      engine.write([put("d", "1")]),
      engine.write([remove("a")]),
      engine.get("records", Buffer.from("a")),
      engine.scan("records", { limit: 1 }),
      engine.count("records"),
    ];
    expect(await Promise.all(calls.map(outcomeOf))).toEqual(calls.map(() => "fatal"));
    expect(watcher.visible).toEqual(textsOf(disk.rows()));
    expect(await outcomeOf(engine.close())).toBe("done");
    clock.advance(1_000);
    expect(clock.timerCount).toBe(0);
  });

  test.each(["process", "power", "close"] as const)(
    "is well for the next life, after the end by %s, which finds all of that write or nothing",
    async (how) => {
      const found = new Set<string>();
      for (let seed = 0; seed < 40; seed += 1) {
        const { disk, clock, engine, watcher } = await deadWorld(kind, seed);
        if (how === "close") await engine.close();
        else disk.crash(how);
        const next = disk.open();
        expect(watcher.visible).toEqual(textsOf(disk.rows()));
        const rows = await next.scan("records", { limit: 9 });
        found.add(rows.map(({ key, value }) => `${key}=${value}`).join());
        const again = next.write([put("a", "again")]);
        clock.advance(1_000);
        expect(await outcomeOf(again)).toBe("done");
      }
      expect([...found].sort()).toEqual(["a=after", "a=before,b=kept"]);
    },
  );
});

test("a disk of kind memory does not fail, nor one without a life", async () => {
  const { disk } = diskWorld("memory");
  const engine = disk.open();
  disk.failForGood();
  expect(await outcomeOf(engine.write([put("a", "1")]))).toBe("done");
  const other = diskWorld("synced");
  other.disk.failForGood();
  const written = other.disk.open().write([put("a", "1")]);
  other.clock.advance(1_000);
  expect(await outcomeOf(written)).toBe("done");
});

describe.each([
  { name: "a synced disk", bufferObjects: 0 },
  { name: "a buffer on a synced disk", bufferObjects: 1_000 },
  { name: "a small buffer on a synced disk", bufferObjects: 3 },
])("the death of $name at every commit of the crash script", ({ bufferObjects }) => {
  test("settles every call, acknowledges none that came later, and leaves what was promised", async () => {
    const buffered = bufferObjects > 0;
    let deathCount = 0;
    for (let commit = 0; ; commit += 1) {
      const end = await dieAt(commit, bufferObjects);
      if (!end.isDead) break;
      deathCount += 1;
      expect(end.acknowledgedLate, `commit ${commit}`).toEqual([]);
      expect(end.after, `commit ${commit}`).toEqual(["fatal", "fatal", "fatal"]);
      for (const rows of everyEnding(end)) {
        const faults = crashFaults({ events: end.events, rows, buffered, keepsDurable: true });
        expect(faults, `commit ${commit}`).toEqual([]);
      }
    }
    expect(deathCount).toBeGreaterThan(5);
  });
});

/** Runs the crash script until a write fails, on a disk that fails for good with its commit of this number. */
async function dieAt(commit: number, bufferObjects: number) {
  const clock = new EagerClock();
  const events: CrashEvent[] = [];
  const calledLate = new Set<number>();
  let isDead = false;
  let left = commit;
  const watcher = new RowWatcher();
  const disk = new SimDisk(
    { clock, random: new SeededRandom(1), node: "n1", observer: watcher },
    { kind: "synced", write: { minMs: 2, meanMs: 2 }, read: { minMs: 0, meanMs: 0 } },
  );
  const engine = disk.open() as SimEngine;
  watcher.rowsDurable = () => {
    left -= 1;
    if (left === 0) disk.failForGood();
  };
  watcher.rowsRolledBack = () => {
    isDead = true;
  };
  if (commit === 0) disk.failForGood();
  const options = { objectsMax: bufferObjects, flushMs: 5, gatherMs: 5 };
  const above: Engine =
    bufferObjects === 0 ? engine : new WriteBuffer(quietEnvironment(clock), { engine }, options);
  await runCrashScript(above, (event) => {
    events.push(event);
    if (isDead && event.what === "before") calledLate.add(event.step);
  }).catch((error: unknown) => {
    if (!(error instanceof FatalStorageError)) throw error;
  });
  const late = [put("z", "late"), put("z", "late"), put("z", "late", "membership")];
  const write = (each: Write, at: number) => above.write([each], { durable: at === 1 });
  const after = isDead ? await Promise.all(late.map(write).map(outcomeOf)) : [];
  const acknowledgedLate = events.filter(
    ({ step, what }) => what === "acknowledged" && calledLate.has(step),
  );
  const { bytes: synced } = disk.snapshot();
  const tail = engine.unsure;
  // Waits for every write that has no outcome yet.
  if (isDead) await above.close().catch(ignoreLoss);
  return { isDead, events, acknowledgedLate, after, synced, tail };
}

/** What a buffer held is lost, as was to be. */
function ignoreLoss(error: unknown): void {
  if (!(error instanceof StorageError)) throw error;
}
