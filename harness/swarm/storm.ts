/**
 * Carries out the faults of a simulated run, each at its time and several at once. Each undoes nothing but itself: a node that two
 * faults hold down comes back with the later one.
 */

import type { DiskSnapshot } from "../drivers/sim/disk/sim-disk.ts";
import type { SimCluster } from "../drivers/sim/sim-cluster.ts";
import type { SimNode } from "../drivers/sim/sim-node.ts";
import { stopInTime } from "../drivers/sim/sim-process-power.ts";
import type { SimFault, SimFaultKind } from "../drivers/sim/world-plan.ts";
import type { Link } from "../nemesis/fault.ts";
import type { MemberFault } from "./member-orders.ts";
import { MemberOrders } from "./member-orders.ts";

export interface StormOptions {
  /** Told of every beginning and end. */
  readonly onFault: (fault: SimFault, name: string, phase: "applied" | "healed") => void;
  /** Told which links no client should use any more; a client library asks no node that it knows to be cut off. */
  readonly onCut: (links: readonly Link[]) => void;
}

/** How a fault that began is undone; a promise where that takes its time. */
type Undo = () => void | Promise<void>;

/** A fault that lasts, under the name it was told with. */
interface Active {
  readonly name: string;
  readonly undo: Undo;
}

const NOTHING: Undo = () => {};

export class Storm {
  readonly #cluster: SimCluster;
  readonly #options: StormOptions;
  readonly #counts: Partial<Record<SimFaultKind, number>> = {};
  readonly #active = new Map<SimFault, Active>();
  readonly #timers: { cancel(): void }[] = [];
  readonly #downBy = new Map<string, number>();
  /** Nodes that come back, and changes of the list of members. */
  readonly #starting = new Set<Promise<void>>();
  #membersChanged = Promise.resolve();
  #areMembersChanging = false;
  /** Nodes that do not come back. */
  readonly #lost = new Set<string>();
  readonly #snapshots = new Map<SimFault, DiskSnapshot>();
  /** Joins and leaves, which may go on when the storm is over. */
  readonly orders: MemberOrders;
  #over = false;

  constructor(cluster: SimCluster, options: StormOptions) {
    this.#cluster = cluster;
    this.orders = new MemberOrders(cluster);
    this.#options = options;
  }

  /** Faults that were carried out. */
  get counts(): Readonly<Partial<Record<SimFaultKind, number>>> {
    return this.#counts;
  }

  /** Faults count their time from now on. */
  begin(faults: readonly SimFault[]): void {
    const { scheduler } = this.#cluster;
    const startMs = scheduler.monotonicMs();
    const at = (timeMs: number, callback: () => void) =>
      this.#timers.push(scheduler.at(startMs + timeMs, callback));
    for (const [position, fault] of faults.entries()) {
      const name = `${position + 1}-${fault.kind}`;
      at(fault.startMs, () => this.#apply(fault, name));
      if ("endMs" in fault) at(fault.endMs, () => this.#end(fault));
      if (fault.kind === "restore") {
        const { disk } = this.#cluster.machine(fault.node);
        at(fault.snapshotMs, () => this.#snapshots.set(fault, disk.snapshot()));
      }
    }
  }

  /** No fault begins any more, and all that last end now. Resolves when every node that came back serves, or has died again. */
  async calm(): Promise<void> {
    this.#over = true;
    for (const timer of this.#timers) timer.cancel();
    for (const fault of [...this.#active.keys()]) this.#end(fault);
    await Promise.all(this.#starting);
  }

  #apply(fault: SimFault, name: string): void {
    if (this.#over) return;
    this.#counts[fault.kind] = (this.#counts[fault.kind] ?? 0) + 1;
    this.#options.onFault(fault, name, "applied");
    if (fault.kind === "join" || fault.kind === "leave") {
      this.orders.carryOut(fault).then(() => this.#options.onFault(fault, name, "healed"));
      return;
    }
    const undo = this.#begin(fault);
    if ("endMs" in fault) this.#active.set(fault, { name, undo });
    this.#tellCuts();
  }

  #end(fault: SimFault): void {
    const ending = this.#active.get(fault);
    if (ending === undefined) return;
    this.#active.delete(fault);
    this.#tellCuts();
    const healed = () => this.#options.onFault(fault, ending.name, "healed");
    const undone = ending.undo();
    if (undone === undefined) healed();
    else this.#awaited(undone.then(healed));
  }

  #begin(fault: Exclude<SimFault, MemberFault>): Undo {
    const { net, scheduler } = this.#cluster;
    switch (fault.kind) {
      case "cut":
      case "datacenter":
        return net.impair(fault.links, { kind: fault.method });
      case "slow":
        return net.impair(fault.links, { ...fault, kind: "latency" });
      case "clog":
        return net.impair(fault.links, { kind: "clog" });
      case "bandwidth":
        return net.impair(fault.links, { ...fault, kind: "bandwidth" });
      case "reset":
        net.reset(fault.links, "connection reset");
        return NOTHING;
      case "crash":
        return this.#takeDown(fault.node, fault.power ? "power" : "process");
      case "restart":
        return this.#shutDown(fault.node);
      case "wipe":
        return this.#takeDown(fault.node, "process", (node) => node.disk.wipe());
      case "remove":
        this.#lost.add(fault.node);
        this.#takeDown(fault.node, "process", (node) => node.disk.wipe());
        return () => {
          this.#membersChanged = this.#membersChanged.then(() => this.#takeOut(fault.node));
          return this.#membersChanged;
        };
      case "restore":
        return this.#takeDown(fault.node, "process", (node) => {
          const snapshot = this.#snapshots.get(fault);
          if (snapshot !== undefined) node.disk.restore(snapshot);
        });
      case "pause":
        return this.#pause(fault.node);
      case "clock-jump":
        this.#machine(fault).clock.jump(fault.jumpMs);
        return NOTHING;
      case "clock-strobe":
        return strobe(scheduler, this.#machine(fault), fault);
      case "slow-disk":
      case "full-disk":
        this.#hurtDisk(fault.node, [...this.#active.keys(), fault]);
        return () => this.#hurtDisk(fault.node, [...this.#active.keys()]);
      case "failed-disk":
        this.#machine(fault).disk.failForGood();
        return () => this.#takeDown(fault.node, "process")();
      case "corrupt":
        this.#machine(fault).disk.corruptOne();
        return NOTHING;
    }
  }

  #takeDown(name: string, how: "process" | "power", whileDown?: (node: SimNode) => void): Undo {
    const node = this.#cluster.machine(name);
    this.#downBy.set(name, (this.#downBy.get(name) ?? 0) + 1);
    node.kill(how);
    whileDown?.(node);
    return this.#bringUp(node, Promise.resolve());
  }

  #shutDown(name: string): Undo {
    const node = this.#cluster.machine(name);
    this.#downBy.set(name, (this.#downBy.get(name) ?? 0) + 1);
    const stopped = node.isRunning ? stopInTime(node, this.#cluster.scheduler) : Promise.resolve();
    return this.#bringUp(node, stopped);
  }

  /** Stops all others, and starts them with members that lack the node once all are down; one that another fault holds down stays so. */
  async #takeOut(gone: string): Promise<void> {
    const { scheduler, nodes } = this.#cluster;
    this.#areMembersChanging = true;
    const others = nodes.filter((name) => name !== gone).map((name) => this.#cluster.machine(name));
    for (const { name } of others) this.#downBy.set(name, (this.#downBy.get(name) ?? 0) + 1);
    const running = others.filter(({ isRunning }) => isRunning);
    try {
      await Promise.all(running.map((node) => stopInTime(node, scheduler)));
      this.#cluster.removeMember(gone);
    } finally {
      this.#areMembersChanging = false;
    }
    await Promise.all(others.map((node) => this.#release(node, Promise.resolve())));
  }

  /** Starts the node once nothing holds it down any more and it is `down`. */
  #bringUp(node: SimNode, down: Promise<unknown>): Undo {
    return () => {
      this.#release(node, down);
    };
  }

  /** Resolves once the node serves, or where something else holds it down. */
  #release(node: SimNode, down: Promise<unknown>): Promise<void> | undefined {
    const left = (this.#downBy.get(node.name) ?? 1) - 1;
    this.#downBy.set(node.name, left);
    return left === 0 ? this.#start(node, down) : undefined;
  }

  /** A node that cannot start (its disk is full) is tried again when all is calm, by whoever heals the cluster. */
  #start(node: SimNode, down: Promise<unknown>): Promise<void> {
    const start = down
      .then(() => (this.#mayStart(node) ? node.start() : undefined))
      .catch((error: unknown) => {
        node.log.warn({ err: error }, "Cannot start for now");
      });
    this.#awaited(start);
    return start;
  }

  /** Where members change meanwhile, whoever changes them starts it, with another configuration. */
  #mayStart({ name }: SimNode): boolean {
    return !this.#areMembersChanging && !this.#lost.has(name);
  }

  #awaited(change: Promise<void>): void {
    this.#starting.add(change);
    change.finally(() => this.#starting.delete(change));
  }

  #pause(name: string): Undo {
    const node = this.#cluster.machine(name);
    node.pause();
    return () => {
      const isHeld = [...this.#active.keys()].some(
        (fault) => fault.kind === "pause" && fault.node === name,
      );
      if (!isHeld) node.resume();
    };
  }

  /** Makes a disk as slow and as full as all these faults together want it. */
  #hurtDisk(name: string, faults: readonly SimFault[]): void {
    const { disk } = this.#cluster.machine(name);
    const own = faults.filter((fault) => "node" in fault && fault.node === name);
    const slow = own.filter((fault) => fault.kind === "slow-disk");
    const sum = (delays: readonly number[]) => delays.reduce((total, each) => total + each, 0);
    const readMs = sum(slow.map((fault) => fault.readMs));
    const writeMs = sum(slow.map((fault) => fault.writeMs));
    disk.setSlow(slow.length === 0 ? undefined : { readMs, writeMs });
    disk.setFull(own.some(({ kind }) => kind === "full-disk"));
  }

  #machine({ node }: { readonly node: string }): SimNode {
    return this.#cluster.machine(node);
  }

  #tellCuts(): void {
    this.#options.onCut(
      [...this.#active.keys()].flatMap((fault) => (isCut(fault) ? fault.links : [])),
    );
  }
}

function isCut(fault: SimFault): fault is Extract<SimFault, { kind: "cut" | "datacenter" }> {
  return fault.kind === "cut" || fault.kind === "datacenter";
}

function strobe(
  scheduler: SimCluster["scheduler"],
  node: SimNode,
  { deltaMs, periodMs }: Extract<SimFault, { readonly kind: "clock-strobe" }>,
): Undo {
  let isAhead = false;
  const flip = (): void => {
    node.clock.jump(isAhead ? -deltaMs : deltaMs);
    isAhead = !isAhead;
    timer = scheduler.setTimer(periodMs, flip);
  };
  let timer = scheduler.setTimer(0, flip);
  return () => {
    timer.cancel();
    if (isAhead) node.clock.jump(-deltaMs);
  };
}
