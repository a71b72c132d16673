import { describe, expect, test } from "vitest";
import { SeededRandom } from "../../../../src/base/seeded-random.ts";
import { quietEnvironment } from "../../../../src/env/testing/quiet-environment.ts";
import type { Write } from "../../../../src/storage/engine.ts";
import type { CrashEvent } from "../../../../src/storage/testing/crash-script.ts";
import { crashFaults, runCrashScript } from "../../../../src/storage/testing/crash-script.ts";
import { WriteBuffer } from "../../../../src/storage/write-buffer.ts";
import { groupSizeBytes } from "./log-format.ts";
import { SimDisk } from "./sim-disk.ts";
import type { DiskKind } from "./sim-disk-options.ts";
import type { SimEngine } from "./sim-engine.ts";
import { EagerClock } from "./testing/eager-clock.ts";
import type { Ending } from "./testing/every-ending.ts";
import { everyEnding } from "./testing/every-ending.ts";

/*
 * Aim: whatever the moment of a crash and whatever it does to the bytes that are not synced, what was acknowledged as durable is
 * there, and nothing that was never written.
 *
 * Method: the crash script runs once to each of its events, and to each moment at which a commit is on the disk and not yet
 * acknowledged. At each of these every way is taken in which the disk's tail can end: how many groups stay, the next one lost, cut
 * at every byte, or with a hole that begins at every byte.
 */

interface Variant {
  readonly name: string;
  readonly kind: DiskKind;
  readonly bufferObjects: number;
  readonly keepsDurable: boolean;
}

const VARIANTS: readonly Variant[] = [
  { name: "a synced disk", kind: "synced", bufferObjects: 0, keepsDurable: true },
  { name: "an unsynced disk", kind: "unsynced", bufferObjects: 0, keepsDurable: false },
  { name: "a buffer on a synced disk", kind: "synced", bufferObjects: 1_000, keepsDurable: true },
  { name: "a small buffer on a synced disk", kind: "synced", bufferObjects: 3, keepsDurable: true },
  { name: "a buffer on an unsynced disk", kind: "unsynced", bufferObjects: 3, keepsDurable: false },
];

describe.each(VARIANTS)(
  "a power failure at every point of the crash script, on $name",
  (variant) => {
    test("leaves what was promised and nothing that was never written", async () => {
      const { pointCount, endings, faults } = await crashEverywhere(variant);
      expect(faults.slice(0, 5)).toEqual([]);
      expect(pointCount).toBeGreaterThan(70);
      expect(endings).toBeGreaterThan(pointCount);
    });
  },
);

test.each([
  ["acknowledges from memory", 1_000, "synced"],
  ["acknowledges before the disk has it", 0, "unsynced"],
] as const)(
  "D-6.1-4, K-16 a store that %s and says it is durable is found out",
  async (_, objects, kind) => {
    const variant = { kind, bufferObjects: objects, keepsDurable: true };
    const { faults } = await crashEverywhere(variant, { claimsAll: true });
    expect(faults.length).toBeGreaterThan(10);
  },
);

describe("crashFaults() finds", () => {
  const step = (at: number, what: CrashEvent["what"]): CrashEvent => ({ step: at, what });
  const row = (key: string, text: string): Write => ({
    table: "records",
    key: Buffer.from(key),
    value: Buffer.from(text.padEnd(20, ".")),
  });
  const all = { buffered: false, keepsDurable: true, rows: [] };

  test("nothing where the promised step is there", () => {
    const events = [step(0, "called"), step(0, "acknowledged")];
    expect(crashFaults({ ...all, events, rows: [row("a", "a by 0")] })).toEqual([]);
  });

  test.each([
    ["a promised step that is gone", [step(0, "called"), step(0, "acknowledged")], []],
    ["a row that nobody wrote", [step(0, "before")], [row("a", "a by 0")]],
    ["a torn value", [step(0, "called")], [row("a", "a b")]],
    ["a part of a batch", [step(1, "called")], [row("b", "b by 1")]],
    [
      "a later step without an earlier one",
      [step(0, "called"), step(3, "called")],
      [row("b", "b by 1")],
    ],
  ])("%s", (_, events, rows) => {
    expect(crashFaults({ ...all, events, rows })).not.toEqual([]);
  });

  test("buffered, a durable step that is gone, and no other", () => {
    const events = [0, 1, 3, 4].flatMap((at) => [step(at, "called"), step(at, "acknowledged")]);
    const buffered = { ...all, buffered: true, events };
    expect(crashFaults({ ...buffered, rows: [row("a", "a by 5"), row("d", "d by 5")] })).toEqual(
      [],
    );
    expect(crashFaults({ ...buffered, rows: [] })).toHaveLength(2);
  });
});

/** `claimsAll`: judged as if all that was acknowledged were promised to be there. */
async function crashEverywhere(
  variant: Omit<Variant, "name">,
  { claimsAll = false }: { readonly claimsAll?: boolean } = {},
) {
  const { pointCount } = await runTo(variant, Number.POSITIVE_INFINITY);
  const buffered = variant.bufferObjects > 0 && !claimsAll;
  const faults: string[] = [];
  let endings = 0;
  for (let point = 0; point < pointCount; point += 1) {
    const crashed = await runTo(variant, point);
    for (const rows of everyEnding(crashed)) {
      endings += 1;
      const found = crashFaults({ ...variant, buffered, events: crashed.events, rows });
      faults.push(...found.map((fault) => `point ${point}: ${fault}`));
    }
  }
  return { pointCount, endings, faults };
}

/** A disk in the moment of a crash. */
interface Crashed extends Ending {
  readonly pointCount: number;
  readonly events: readonly CrashEvent[];
}

async function runTo(
  { kind, bufferObjects }: Omit<Variant, "name">,
  crashPoint: number,
): Promise<Crashed> {
  const clock = new EagerClock();
  const events: CrashEvent[] = [];
  const written: (readonly Write[])[] = [];
  const crashed = Promise.withResolvers<Crashed>();
  let pointCount = 0;
  const stop = (): void => {
    const underWay = engine.kill();
    const { bytes: synced } = disk.snapshot();
    const tail = [...unsynced(written, synced.length), ...underWay];
    crashed.resolve({ pointCount, events: [...events], synced, tail });
  };
  const reach = (): void => {
    if (pointCount === crashPoint) stop();
    pointCount += 1;
  };
  const observer = {
    rowRead: () => {},
    rowsWritten: () => {},
    rowsRolledBack: () => {},
    rowsReplaced: () => {},
    rowDamaged: () => {},
    rowsDurable: (_: string, changes: readonly Write[]) => {
      written.push(changes);
      // Behind the commit, and before whoever waits for it goes on.
      queueMicrotask(reach);
    },
  };
  const disk = new SimDisk(
    { clock, random: new SeededRandom(1), node: "n1", observer },
    { kind, write: { minMs: 2, meanMs: 2 }, read: { minMs: 0, meanMs: 0 } },
  );
  const engine = disk.open() as SimEngine;
  const above =
    bufferObjects === 0
      ? engine
      : new WriteBuffer(
          quietEnvironment(clock),
          { engine },
          { objectsMax: bufferObjects, flushMs: 5, gatherMs: 5 },
        );
  const ended = runCrashScript(above, (event) => {
    events.push(event);
    reach();
  }).then(() => {
    stop();
    return crashed.promise;
  });
  return await Promise.race([crashed.promise, ended]);
}

/** The groups that were written and are not among the synced bytes. */
function unsynced(
  groups: readonly (readonly Write[])[],
  syncedSizeBytes: number,
): readonly (readonly Write[])[] {
  let sizeBytes = 0;
  return groups.filter((group) => {
    sizeBytes += groupSizeBytes(group);
    return sizeBytes > syncedSizeBytes;
  });
}
