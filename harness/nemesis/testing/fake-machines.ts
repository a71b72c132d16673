import type { MachineLimits, MachinePower, MachinePressure } from "../../cluster/contract.ts";

export interface FakeMachinesOptions {
  /** False: limits and fillings are accepted and come to nothing. */
  readonly obeys: boolean;
  /** True: a limit of memory kills the node instead of making it wait. */
  readonly kills: boolean;
  /** Told of every node that appears or disappears; `isNew`: in another life. */
  onPresence(
    node: string,
    presence: { readonly isPresent: boolean; readonly isNew: boolean },
  ): void;
}

interface Machine {
  limits: MachineLimits;
  isDead: boolean;
  diskFreeBytes: number;
  throttledPeriods: number;
  memoryLimitHits: number;
  memoryKills: number;
}

const DISK_BYTES = 1_000_000;
const MEMORY_BYTES = 50_000_000;

/** Machines that count what a real one would: every look at a limited node finds that it has met its limits once more. */
export class FakeMachines implements MachinePower {
  readonly #options: FakeMachinesOptions;
  readonly #machines = new Map<string, Machine>();

  constructor(options: FakeMachinesOptions) {
    this.#options = options;
  }

  async detach(node: string): Promise<void> {
    if (this.#options.obeys) this.#options.onPresence(node, { isPresent: false, isNew: false });
  }

  async attach(node: string): Promise<void> {
    this.#options.onPresence(node, { isPresent: true, isNew: false });
  }

  async limit(node: string, limits: MachineLimits): Promise<void> {
    const { obeys, kills, onPresence } = this.#options;
    if (!obeys) return;
    const machine = this.#machine(node);
    machine.limits = limits;
    if (!kills || limits.memoryBytes === undefined) return;
    machine.isDead = true;
    machine.memoryKills += 1;
    onPresence(node, { isPresent: false, isNew: false });
  }

  async unlimit(node: string): Promise<void> {
    const machine = this.#machine(node);
    machine.limits = {};
    if (!machine.isDead) return;
    machine.isDead = false;
    this.#options.onPresence(node, { isPresent: true, isNew: true });
  }

  async fillDisk(node: string): Promise<void> {
    if (this.#options.obeys) this.#machine(node).diskFreeBytes = 0;
  }

  async freeDisk(node: string): Promise<void> {
    this.#machine(node).diskFreeBytes = DISK_BYTES;
  }

  async pressure(node: string): Promise<MachinePressure> {
    const machine = this.#machine(node);
    const { limits, isDead } = machine;
    if (limits.cpus !== undefined) machine.throttledPeriods += 1;
    if (limits.memoryBytes !== undefined && !isDead) machine.memoryLimitHits += 1;
    const { throttledPeriods, memoryLimitHits, memoryKills, diskFreeBytes } = machine;
    const memoryBytes = isDead ? 0 : MEMORY_BYTES;
    return { throttledPeriods, memoryLimitHits, memoryKills, memoryBytes, diskFreeBytes };
  }

  #machine(node: string): Machine {
    const machine = this.#machines.get(node) ?? {
      limits: {},
      isDead: false,
      diskFreeBytes: DISK_BYTES,
      throttledPeriods: 0,
      memoryLimitHits: 0,
      memoryKills: 0,
    };
    this.#machines.set(node, machine);
    return machine;
  }
}
