import type { MachineLimits, MachinePower } from "../../cluster/contract.ts";
import type { Container } from "./container.ts";
import { DockerError } from "./docker-error.ts";
import { docker } from "./docker-program.ts";
import type { PrintedPressure } from "./pressure.ts";
import { PRESSURE_SCRIPT, parsePressure } from "./pressure.ts";

export interface MachineOptions {
  readonly containerOf: (node: string) => Container;
  readonly networkOf: (node: string) => string;
  /** Docker's name of the container that looks at the others. */
  readonly meter: string;
  /** Memory of a node without a limit of its own. */
  readonly memoryBytes: number;
  /** Whether the disk of data is one that can be filled without filling the engine's. */
  readonly isDiskLimited: boolean;
}

const CPU_PERIOD_US = 100_000;
const CPU_UNLIMITED = -1;
/** By how much a limit is raised that the kernel refuses. */
const MEMORY_RAISE = 1.03;
const FILLER = "/data/.filler";
const FILL_TIMEOUT_MS = 60_000;

type Counts = NonNullable<PrintedPressure["running"]>;
const NOTHING: Counts = { throttledPeriods: 0, memoryLimitHits: 0, memoryBytes: 0 };

/** The power over the machines of containers; unknown names throw RangeError. */
export function machinePower(options: MachineOptions): MachinePower {
  const { containerOf, networkOf } = options;
  const counted = new Map<string, Counts>();

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
      for (let { memoryBytes } = limits; ; memoryBytes = raised(memoryBytes)) {
        try {
          await update(node, { ...limits, ...(memoryBytes === undefined ? {} : { memoryBytes }) });
          return;
        } catch (error) {
          if (!isBusy(error) || (memoryBytes ?? 0) > options.memoryBytes) throw error;
        }
      }
    },
    async unlimit(node) {
      const container = containerOf(node);
      await update(node, {});
      // It may have died of its limit only just now.
      await container.noteEnd("its limit of memory");
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
      const id = await docker(["inspect", "--format", "{{.Id}}", container.container], {
        action: `find node ${node}`,
      });
      const arguments_ = ["sh", "-c", PRESSURE_SCRIPT, "sh", id, node];
      const printed = await docker(["exec", options.meter, ...arguments_], {
        action: `read the pressure of node ${node}`,
      });
      const { diskFreeBytes, running } = parsePressure(printed);
      // Of a dead node the machine has forgotten the counts.
      const counts = running ?? { ...(counted.get(node) ?? NOTHING), memoryBytes: 0 };
      counted.set(node, counts);
      return { ...counts, diskFreeBytes, memoryKills: container.memoryKills };
    },
  };
}

/** The first version of cgroups refuses a limit below what it cannot take back; the second kills for it. */
function isBusy(error: unknown): boolean {
  return (
    error instanceof DockerError &&
    /unable to set memory limit|device or resource busy/i.test(error.message)
  );
}

function raised(memoryBytes: number | undefined): number | undefined {
  return memoryBytes === undefined ? undefined : Math.ceil(memoryBytes * MEMORY_RAISE);
}
