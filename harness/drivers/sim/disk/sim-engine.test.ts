import { SeededRandom } from "../../../../src/base/seeded-random.ts";
import type { Engine } from "../../../../src/storage/engine.ts";
import { bufferedVariants } from "../../../../src/storage/testing/buffered-engine.ts";
import type { EngineUnderTest } from "../../../../src/storage/testing/engine-suite.ts";
import { engineSuite } from "../../../../src/storage/testing/engine-suite.ts";
import { SimDisk } from "./sim-disk.ts";
import type { SimDiskOptions } from "./sim-disk-options.ts";
import { EagerClock } from "./testing/eager-clock.ts";

/* Aim: the simulated disk keeps the promises that all engines share, with delays and without. */

const AT_ONCE = { minMs: 0, meanMs: 0 };
const SLOWLY = { minMs: 1, meanMs: 3 };

engineSuite(underTest("memory", { kind: "memory", write: SLOWLY, read: SLOWLY }));
engineSuite(underTest("synced", { kind: "synced", write: SLOWLY, read: AT_ONCE }));
bufferedVariants(underTest("synced", { kind: "synced", write: SLOWLY, read: SLOWLY })).forEach(
  engineSuite,
);
engineSuite(underTest("synced, slow reads", { kind: "synced", write: SLOWLY, read: SLOWLY }));
engineSuite(underTest("synced, no delay", { kind: "synced", write: AT_ONCE, read: AT_ONCE }));
engineSuite(underTest("unsynced", { kind: "unsynced", write: SLOWLY, read: AT_ONCE }));
engineSuite(underTest("unsynced, slow reads", { kind: "unsynced", write: SLOWLY, read: SLOWLY }));

function underTest(name: string, options: SimDiskOptions): EngineUnderTest {
  const disks = new WeakMap<Engine, SimDisk>();
  const openOn = (disk: SimDisk): Engine => {
    const engine = disk.open();
    disks.set(engine, disk);
    return engine;
  };
  const open = async (): Promise<Engine> =>
    openOn(
      new SimDisk({ clock: new EagerClock(), random: new SeededRandom(name), node: "n1" }, options),
    );
  const reopen = async (engine: Engine): Promise<Engine> => {
    const disk = disks.get(engine);
    if (disk === undefined) {
      throw new Error("Cannot open again: the engine is of no known disk");
    }
    return openOn(disk);
  };
  const damage = async (engine: Engine): Promise<Engine> => {
    disks.get(engine)?.corruptOne();
    return reopen(engine);
  };
  return options.kind === "memory"
    ? { name: `simulated ${name}`, open }
    : { name: `simulated ${name}`, open, reopen, damage };
}
