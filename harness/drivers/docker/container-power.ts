import type { ProcessPower } from "../../cluster/contract.ts";
import type { Container } from "./container.ts";
import { DockerError } from "./docker-error.ts";

/** Makes a node's container and volume anew. */
export interface Renewal {
  /** Removes an ended container and its volume, after its log was kept. */
  discard(node: string): Promise<void>;
  /** Creates both anew and starts the container. */
  create(node: string): Promise<void>;
}

/** The process power over containers; unknown names throw RangeError. */
export function containerPower(
  containerOf: (node: string) => Container,
  renewal: Renewal,
): ProcessPower {
  const discarded = new Set<string>();
  return {
    kill: async (node) => containerOf(node).kill(),
    shutDown: async (node) => containerOf(node).shutDown(),
    async restart(node) {
      const start = discarded.has(node) ? () => renewal.create(node) : undefined;
      await containerOf(node).start(start);
      discarded.delete(node);
    },
    pause: async (node) => containerOf(node).pause(),
    resume: async (node) => containerOf(node).resume(),
    async wipe(node) {
      if (containerOf(node).isRunning) {
        throw new DockerError(`Cannot wipe node ${node}: it is running`);
      }
      if (discarded.has(node)) return;
      await renewal.discard(node);
      discarded.add(node);
    },
  };
}
