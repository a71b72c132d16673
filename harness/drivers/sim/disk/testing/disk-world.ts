import { SeededRandom } from "../../../../../src/base/seeded-random.ts";
import { ManualClock } from "../../../../../src/env/testing/manual-clock.ts";
import type { TableName, Write } from "../../../../../src/storage/engine.ts";
import { SimDisk } from "../sim-disk.ts";
import type { DiskKind, SimDiskOptions } from "../sim-disk-options.ts";
import { RowWatcher } from "./row-watcher.ts";

export interface DiskWorld {
  readonly clock: ManualClock;
  readonly watcher: RowWatcher;
  readonly disk: SimDisk;
}

/** A disk of one kind on a clock that the test moves: commits take 2 ms or more, reads no time. */
export function diskWorld(
  kind: DiskKind,
  seed: number | string = 1,
  options: Partial<SimDiskOptions> = {},
): DiskWorld {
  const clock = new ManualClock();
  const watcher = new RowWatcher();
  const disk = new SimDisk(
    { clock, random: new SeededRandom(seed), observer: watcher, node: "n1" },
    { kind, write: { minMs: 2, meanMs: 4 }, read: { minMs: 0, meanMs: 0 }, ...options },
  );
  return { clock, watcher, disk };
}

/** Lets everything that waits for settled promises go on. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) {
    await undefined;
  }
}

export function put(key: string, value: string, table: TableName = "records"): Write {
  return { table, key: Buffer.from(key), value: Buffer.from(value) };
}

export function remove(key: string, table: TableName = "records"): Write {
  return { table, key: Buffer.from(key), value: undefined };
}
