import { mkdir, rm } from "node:fs/promises";
import type { ProcessPower } from "../../cluster/contract.ts";
import type { NodePlace } from "../node-configuration-file.ts";
import type { NodeProcess } from "./node-process.ts";

/** The process power over node processes; unknown names throw RangeError. */
export function processPower(
  processOf: (node: string) => NodeProcess,
  placeOf: (node: string) => NodePlace,
): ProcessPower {
  return {
    kill: async (node) => processOf(node).kill(),
    shutDown: async (node) => processOf(node).shutDown(),
    restart: async (node) => processOf(node).start(),
    pause: async (node) => processOf(node).pause(),
    resume: async (node) => processOf(node).resume(),
    async wipe(node) {
      if (processOf(node).isRunning) {
        throw new Error(`Cannot wipe node ${node}: it is running`);
      }
      const { dataFolder } = placeOf(node);
      await rm(dataFolder, { recursive: true, force: true });
      await mkdir(dataFolder, { recursive: true });
    },
  };
}
