import type { Clock } from "../../../src/env/clock.ts";
import type { ProcessPower } from "../../cluster/contract.ts";
import type { SimNode } from "./sim-node.ts";

/** Longer than any deadline of the store. */
const STOP_TIMEOUT_MS = 10_000;

/** The contract's power over processes, as strict with whoever uses it as that over real ones. */
export function simProcessPower(
  machineOf: (node: string) => SimNode,
  clock: Pick<Clock, "setTimer">,
): ProcessPower {
  const running = (node: string): SimNode => {
    const machine = machineOf(node);
    if (!machine.isRunning) throw new Error(`Cannot signal node ${node}: it is not running`);
    return machine;
  };
  return {
    kill: async (node) => machineOf(node).kill("process"),
    async shutDown(node) {
      if (!(await stopInTime(running(node), clock))) {
        throw new Error(`Node ${node} died when it was asked to stop`);
      }
    },
    async restart(node) {
      const machine = machineOf(node);
      if (machine.isRunning) throw new Error(`Cannot start node ${node}: it is running`);
      await machine.start();
      if (!machine.isRunning) throw new Error(`Node ${node} died while it started`);
    },
    pause: async (node) => running(node).pause(),
    resume: async (node) => running(node).resume(),
    async wipe(node) {
      const machine = machineOf(node);
      if (machine.isRunning) throw new Error(`Cannot wipe node ${node}: it is running`);
      machine.disk.wipe();
    },
  };
}

/** SIGTERM, and the node's end where it does not end what it has under way in time. True where it ended by itself. */
export async function stopInTime(
  machine: SimNode,
  clock: Pick<Clock, "setTimer">,
): Promise<boolean> {
  machine.resume();
  const late = clock.setTimer(STOP_TIMEOUT_MS, () => machine.kill("process"));
  const isClean = await machine.stop();
  late.cancel();
  return isClean;
}
