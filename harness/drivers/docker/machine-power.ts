import type { MachineLimits, MachinePower, MachinePressure } from "../../cluster/contract.ts";
import type { Container } from "./container.ts";
import { DockerError } from "./docker-error.ts";
import { docker } from "./docker-program.ts";
import { PRESSURE_SCRIPT, parsePressure } from "./pressure.ts";

export interface MachineOptions {
  readonly containerOf: (node: string) => Container;
  readonly networkOf: (node: string) => string;
  /** Memory of a node without a limit of its own. */
  readonly memoryBytes: number;
  /** Whether the disk of data is one that can be filled without filling the engine's. */
  readonly isDiskLimited: boolean;
}

const CPU_PERIOD_US = 100_000;
const CPU_UNLIMITED = -1;
const FILLER = "/data/.filler";
const FILL_TIMEOUT_MS = 60_000;

/** The power over the machines of containers; unknown names throw RangeError. */
export function machinePower(options: MachineOptions): MachinePower {
  const { containerOf, networkOf } = options;
  const last = new Map<string, MachinePressure>();

  const update = async (node: string, { cpus, memoryBytes }: MachineLimits): Promise<void> => {
    const quotaUs = cpus === undefined ? CPU_UNLIMITED : Math.round(cpus * CPU_PERIOD_US);
    const memory = `${memoryBytes ?? options.memoryBytes}`;
    await docker(
      [
        ...["update", "--cpu-period", `${CPU_PERIOD_US}`, "--cpu-quota", `${quotaUs}`],
        ...["--memory", memory, "--memory-swap", memory, containerOf(node).container],
      ],
      { action: `limit node ${node}` },
    );
  };
  const shell = (node: string, script: string, action: string): Promise<string> =>
    docker(["exec", containerOf(node).container, "sh", "-c", script], {
      action: `${action} of node ${node}`,
      timeoutMs: FILL_TIMEOUT_MS,
    });

  return {
    async detach(node) {
      await docker(["network", "disconnect", networkOf(node), containerOf(node).container], {
        action: `take node ${node} off its network`,
      });
    },
    async attach(node) {
      const { container } = containerOf(node);
      await docker(["network", "connect", "--alias", node, networkOf(node), container], {
        action: `put node ${node} back into its network`,
      });
    },
    async limit(node, limits) {
      containerOf(node).mayRunOutOfMemory = limits.memoryBytes !== undefined;
      await update(node, limits);
    },
    async unlimit(node) {
      const container = containerOf(node);
      await update(node, {});
      if (!container.isRunning && container.mayRunOutOfMemory) await container.start();
      container.mayRunOutOfMemory = false;
    },
    async fillDisk(node) {
      if (!options.isDiskLimited) {
        throw new DockerError(`Cannot fill the disk of node ${node}: it is the engine's own`);
      }
      // Ends with an error, since the disk is full then.
      await shell(node, `cat /dev/zero > ${FILLER} 2>/dev/null; true`, "fill the disk");
    },
    async freeDisk(node) {
      await shell(node, `rm -f ${FILLER}`, "free the disk");
    },
    async pressure(node) {
      const container = containerOf(node);
      const lastOf = (): MachinePressure | undefined => {
        const known = last.get(node);
        if (container.isRunning || known === undefined) return undefined;
        return { ...known, memoryKills: container.memoryKills, memoryBytes: 0 };
      };
      const ofDead = lastOf();
      if (ofDead !== undefined) return ofDead;
      try {
        const printed = await shell(node, PRESSURE_SCRIPT, "read the pressure");
        const pressure = { ...parsePressure(printed), memoryKills: container.memoryKills };
        last.set(node, pressure);
        return pressure;
      } catch (error) {
        // At its limit of memory, looking at it may be what kills it.
        const failure = await container.noteEnd("a limit");
        const ofKilled = lastOf();
        if (failure === undefined && ofKilled !== undefined) return ofKilled;
        throw error;
      }
    },
  };
}
