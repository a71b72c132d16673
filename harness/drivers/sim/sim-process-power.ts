import type { ProcessPower } from "../../cluster/contract.ts";
import type { SimNode } from "./sim-node.ts";

/** The contract's power over processes, as strict with whoever uses it as that over real ones. */
export function simProcessPower(machineOf: (node: string) => SimNode): ProcessPower {
  const running = (node: string): SimNode => {
    const machine = machineOf(node);
    if (!machine.isRunning) throw new Error(`Cannot signal node ${node}: it is not running`);
    return machine;
  };
  return {
    kill: async (node) => machineOf(node).kill("process"),
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
