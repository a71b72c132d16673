import type { Clock } from "../../../src/env/clock.ts";
import type { Cluster, LinkFault, NodeStatus } from "../../cluster/contract.ts";
import { linkName } from "../../cluster/contract.ts";
import type { Link } from "../fault.ts";
import { FakeMachines } from "./fake-machines.ts";

export interface FakeClusterOptions {
  readonly nodes: readonly string[];
  /** Links that faults do not reach, `from~to`: somebody dials past the proxy there. */
  readonly bypassed?: readonly string[];
  readonly hints?: () => number;
  readonly digest?: (node: string, key: string) => string | null;
  /** True: powers over machines, clocks and data say that they did what they did not. */
  readonly isIdle?: boolean;
  /** True: a limit of memory kills the node. */
  readonly memoryKills?: boolean;
}

/** A cluster without processes: links are a set, probes answer at once. Faults work as the contract says, unless told otherwise. */
export class FakeCluster implements Cluster {
  readonly driver = "sim";
  readonly nodes: readonly string[];
  readonly machines: FakeMachines;
  readonly toxiproxy = { kind: "none", version: "" } as const;
  readonly log: string[] = [];
  readonly #options: FakeClusterOptions;
  readonly #deaf = new Set<string>();
  readonly #slow = new Map<string, number>();
  readonly #silent = new Set<string>();
  readonly #starts = new Map<string, number>();
  readonly #wiped = new Set<string>();
  readonly #clockOffsets = new Map<string, number>();
  readonly #carried = new Map<string, number>();

  constructor(options: FakeClusterOptions) {
    this.#options = options;
    this.nodes = options.nodes;
    this.machines = new FakeMachines({
      obeys: options.isIdle !== true,
      kills: options.memoryKills === true,
      onPresence: (node, { isPresent, isNew }) => {
        if (!isPresent) this.#silent.add(node);
        else this.#appear(node, isNew);
      },
    });
  }

  readonly network = {
    apply: async (links: readonly Link[], fault: LinkFault) => {
      this.log.push(`apply ${fault.kind}`);
      for (const link of links) {
        if (this.#options.bypassed?.includes(linkName(link)) === true) continue;
        if (fault.kind === "latency") this.#slow.set(linkName(link), fault.latencyMs);
        else this.#deaf.add(linkName(link));
      }
    },
    heal: async () => {
      this.log.push("heal");
      this.#deaf.clear();
      this.#slow.clear();
    },
    carriedBytes: async (): Promise<ReadonlyMap<string, number> | undefined> =>
      new Map(this.#carried),
  };

  readonly processes = {
    kill: async (node: string) => void this.#silent.add(node),
    shutDown: async (node: string) => void this.#silent.add(node),
    restart: async (node: string) => this.#appear(node, true),
    pause: async (node: string) => void this.#silent.add(node),
    resume: async (node: string) => this.#appear(node, false),
    wipe: async (node: string) => {
      if (this.#options.isIdle !== true) this.#wiped.add(node);
    },
  };

  readonly clocks = {
    setOffset: async (node: string, offsetMs: number) => {
      if (this.#options.isIdle !== true) this.#clockOffsets.set(node, offsetMs);
    },
  };

  addresses(): never {
    throw new Error("A fake cluster has no addresses");
  }

  async status(node: string): Promise<NodeStatus> {
    if (this.#silent.has(node)) throw new Error(`${node} is silent`);
    return {
      nodeId: node,
      incarnation: "of all its starts",
      life: String(this.#starts.get(node) ?? 0),
      ready: true,
      ring: { epoch: 1, digest: "" },
      hints: this.#options.hints?.() ?? 0,
      inFlight: 0,
      suspected: [],
      writesLost: 0,
      wallMs: Date.now() + (this.#clockOffsets.get(node) ?? 0),
    };
  }

  async probe(from: string, to: string) {
    const way = linkName({ from, to });
    const back = linkName({ from: to, to: from });
    if (this.#options.bypassed?.includes(way) !== true) {
      this.#carried.set(way, (this.#carried.get(way) ?? 0) + 1);
    }
    const answered = ![from, to].some((node) => this.#silent.has(node));
    const isCut = this.#deaf.has(way) || this.#deaf.has(back);
    const latencyMs = 1 + (this.#slow.get(way) ?? 0) + (this.#slow.get(back) ?? 0);
    return { answered: answered && !isCut, detail: isCut ? "timeout" : "", latencyMs };
  }

  async replica(node: string, key: Uint8Array) {
    const digest = this.#options.digest?.(node, Buffer.from(key).toString()) ?? null;
    return { digest: this.#wiped.has(node) ? null : digest };
  }

  async trees() {
    return { isBuilt: true, roots: {} };
  }

  async stop(): Promise<void> {}

  #appear(node: string, isNew: boolean): void {
    this.#silent.delete(node);
    if (isNew) this.#starts.set(node, (this.#starts.get(node) ?? 0) + 1);
  }
}

/** Real timers, a hundred times as fast. */
export function fastClock(): Clock {
  const speed = 100;
  return {
    wallMs: () => Date.now(),
    monotonicMs: () => performance.now() * speed,
    setTimer(delayMs, callback) {
      const timer = setTimeout(callback, delayMs / speed);
      return { cancel: () => clearTimeout(timer) };
    },
    defer: (callback) => void setImmediate(callback),
  };
}
