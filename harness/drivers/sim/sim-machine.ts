/*
 * One machine of a simulated cluster: a disk, a clock and a log of its own, with chance of its own, and the node that runs there.
 */

import type { SeededRandom } from "../../../src/base/seeded-random.ts";
import type { ClusterPlan } from "../node-configuration-file.ts";
import { SimDisk } from "./disk/sim-disk.ts";
import type { DiskObserver } from "./disk/sim-disk-options.ts";
import { MachineClock, uptimeMsOf } from "./machine-clock.ts";
import type { Scheduler } from "./scheduler.ts";
import { SimLog } from "./sim-log.ts";
import type { SimNodeParts } from "./sim-node.ts";
import { SimNode } from "./sim-node.ts";
import type { WorldPlan } from "./world-plan.ts";

/** What all machines of a cluster have in common. */
export interface SimMachineOptions
  extends Pick<SimNodeParts, "network" | "assertions" | "observer" | "onCrash"> {
  readonly plan: Pick<ClusterPlan, "engine">;
  readonly world: WorldPlan;
  readonly scheduler: Scheduler;
  /** That of the whole cluster, of which each machine forks its own. */
  readonly chance: SeededRandom;
  readonly diskObserver: DiskObserver | undefined;
  /** How fast each disk writes, beside its delays; undefined: as fast as can be. */
  readonly diskBytesPerSecond: number | undefined;
  readonly keepsLogs: boolean;
}

/** `index`: its place among all machines, which says for how long it has been up. */
export function simMachine(
  name: string,
  index: number,
  configuration: SimNodeParts["configuration"],
  options: SimMachineOptions,
): SimNode {
  const { plan, world, scheduler, diskObserver, diskBytesPerSecond } = options;
  const random = options.chance.fork(`node ${name}`);
  const disk = new SimDisk(
    {
      clock: scheduler,
      random: random.fork("disk"),
      node: name,
      ...(diskObserver === undefined ? {} : { observer: diskObserver }),
    },
    {
      kind: diskKind(plan, world),
      write: world.diskWrite,
      read: world.diskRead,
      bytesPerSecond: diskBytesPerSecond,
    },
  );
  return new SimNode({
    configuration,
    clock: new MachineClock(scheduler, world.clocks[name], uptimeMsOf(index)),
    network: options.network,
    disk,
    random,
    log: new SimLog(() => scheduler.monotonicMs(), options.keepsLogs),
    assertions: options.assertions,
    observer: options.observer,
    onCrash: options.onCrash,
  });
}

function diskKind(
  { engine }: Pick<ClusterPlan, "engine">,
  { sync }: Pick<WorldPlan, "sync">,
): "memory" | "synced" | "unsynced" {
  return engine === "memory" ? "memory" : sync ? "synced" : "unsynced";
}
