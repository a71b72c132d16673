import { utf8Bytes } from "../../src/base/bytes.ts";
import { HttpCallError } from "../../src/client/http-caller.ts";
import { waitMs } from "../../src/env/wait.ts";
import type { MembershipView } from "../../src/membership/view.ts";
import type { DynamoNode } from "../../src/node/node.ts";
import { StorageError } from "../../src/storage/engine.ts";
import type { SimCluster } from "../drivers/sim/sim-cluster.ts";
import { SimNetwork } from "../drivers/sim/sim-network.ts";
import type { SimNode } from "../drivers/sim/sim-node.ts";
import { stopInTime } from "../drivers/sim/sim-process-power.ts";
import type { SimFault } from "../drivers/sim/world-plan.ts";
import type { Finding } from "./sim-outcome.ts";

export type MemberFault = Extract<SimFault, { readonly kind: "join" | "leave" }>;

/** How often an operator looks what has become of an order, and whom it has heard of. */
const LOOK_MS = 100;
const ANSWER_MS_MAX = 1_000;
/** From the moment at which all is whole, for each change that is not complete by then: exchanges with all owners, one after the other. */
const COMPLETE_MS_MAX = 60_000;
/** Rounds of gossip take a second at most, and looks for lost ranges twice as long, or longer after one that failed. */
const HEARD_MS_MAX = 60_000;

/**
 * The operator of a simulated cluster, a careful one: orders a change of the members once the one before is complete, at a member that has heard of
 * that, and orders it again where no disk has it any more.
 */
export class MemberOrders {
  readonly #cluster: SimCluster;
  #last: Promise<void> = Promise.resolve();
  readonly #open = new Set<MemberFault>();
  #isWhole = false;
  /** What the last refusal said. */
  #refusal = "nobody was asked";
  #orderCount = 0;

  constructor(cluster: SimCluster) {
    this.#cluster = cluster;
  }

  /** Resolves when it is complete: then a node that left has handed over everything, and is stopped. */
  carryOut(fault: MemberFault): Promise<void> {
    this.#open.add(fault);
    const done = this.#last.then(async () => {
      await this.#complete(fault);
      this.#open.delete(fault);
    });
    this.#last = done;
    return done;
  }

  /** To be called when everything is whole: resolves when all orders are carried out; one that is not in time is a finding. */
  async settled(): Promise<readonly Finding[]> {
    const timeMs = COMPLETE_MS_MAX * this.#open.size;
    this.#isWhole = true;
    let isOver = false;
    const over = this.#last.then(() => {
      isOver = true;
    });
    await Promise.race([over, waitMs(this.#cluster.scheduler, timeMs)]);
    if (isOver) return this.#heardOf();
    const [fault] = this.#open;
    return [
      {
        check: "membership",
        anomaly: `a ${fault?.kind} is never complete`,
        detail: `Everything is whole for ${timeMs} ms, and the ${fault?.kind} of ${fault?.node} is not over: ${this.#told()}`,
      },
    ];
  }

  /** Every member goes by the ring in force, sooner or later, and keeps nothing of ranges that it has lost. */
  async #heardOf(): Promise<readonly Finding[]> {
    const { scheduler } = this.#cluster;
    const endMs = scheduler.monotonicMs() + HEARD_MS_MAX;
    while (this.#behind().length > 0 && scheduler.monotonicMs() < endMs) {
      await waitMs(scheduler, LOOK_MS);
    }
    return this.#behind().map((detail) => ({
      check: "membership",
      anomaly: "a change that is complete leaves something behind",
      detail: `Everything is whole for ${HEARD_MS_MAX} ms, and ${detail}`,
    }));
  }

  #behind(): readonly string[] {
    const { digest } = this.#view.ring.stamp;
    return [...this.#cluster.simNodes].flatMap(([name, { node }]) => {
      if (node === undefined) return [`${name} is down`];
      if (node.ring().stamp.digest !== digest) return [`${name} goes by another ring`];
      const { rangesKept } = told(node);
      return rangesKept === 0 ? [] : [`${name} keeps rows of ${rangesKept} ranges that it lost`];
    });
  }

  async #complete(fault: MemberFault): Promise<void> {
    const { scheduler } = this.#cluster;
    const machine = this.#cluster.machine(fault.node);
    if (fault.kind === "join") await this.#start(machine);
    while (!this.#isComplete(fault)) {
      if (this.#isWhole) await this.#start(machine);
      if (!this.#isUnderWay(fault)) await this.#order(fault);
      await waitMs(scheduler, LOOK_MS);
    }
    if (fault.kind === "join") return;
    while (!this.#isEmpty(fault.node)) {
      if (this.#isWhole) await this.#start(machine);
      await waitMs(scheduler, LOOK_MS);
    }
    if (machine.isRunning) await stopInTime(machine, scheduler);
  }

  /** Resolves when it serves, or has died again; as long as its disk is full it is tried again. */
  async #start(machine: SimNode): Promise<void> {
    for (;;) {
      try {
        await machine.start();
        return;
      } catch (error) {
        if (!(error instanceof StorageError)) throw error;
        this.#refusal = `${machine.name} does not start: ${error.message}`;
        await waitMs(this.#cluster.scheduler, LOOK_MS);
      }
    }
  }

  #isComplete({ kind, node }: MemberFault): boolean {
    const { open, waiting } = this.#view;
    if (open !== undefined || waiting.length > 0) return false;
    return this.#cluster.nodes.includes(node) === (kind === "join");
  }

  #isUnderWay({ node }: MemberFault): boolean {
    const { open, waiting } = this.#view;
    const changes = open === undefined ? waiting : [open.change, ...waiting];
    return changes.some(({ what }) => (what.kind === "join" ? what.member.id : what.node) === node);
  }

  /** Of a node that left, which says so itself; whoever stops it had better see to it that all others have heard it. */
  #isEmpty(name: string): boolean {
    const { departures, ring } = this.#view;
    const own = departures.filter(({ node }) => node === name);
    if (own.length === 0 || own.some(({ emptiedBy }) => emptiedBy === undefined)) return false;
    const { digest } = ring.stamp;
    return [...this.#cluster.simNodes.values()].every(
      ({ node }) => node?.ring().stamp.digest === digest && !told(node).notEmptied.includes(name),
    );
  }

  /** At the next member that goes by the ring in force; whoever is down, or behind, is passed over. */
  async #order({ kind, node }: MemberFault): Promise<void> {
    const { digest } = this.#view.stamp;
    const able = this.#cluster.nodes.filter(
      (name) => this.#cluster.machine(name).node?.ring().stamp.digest === digest,
    );
    const at = able[this.#orderCount % Math.max(1, able.length)];
    if (at === undefined) return;
    this.#orderCount += 1;
    const order =
      kind === "join" ? { id: node, address: SimNetwork.plainAddressOf(node) } : { id: node };
    try {
      const { status, body } = await this.#cluster.http.call({
        method: "POST",
        url: `${this.#cluster.addresses(at).direct}/admin/${kind}`,
        body: utf8Bytes(JSON.stringify(order)),
        timeoutMs: ANSWER_MS_MAX,
      });
      this.#refusal = `${at} answered ${status} ${Buffer.from(body).toString("utf8").slice(0, 200)}`;
    } catch (error) {
      // Whether it has the order the next look tells.
      if (!(error instanceof HttpCallError)) throw error;
      this.#refusal = `${at} did not answer: ${error.message}`;
    }
  }

  get #view(): MembershipView {
    const view = this.#cluster.membership;
    if (view === undefined) throw new Error("Cannot change the members: gossipMs is 0");
    return view;
  }

  #told(): string {
    const { open, waiting, members } = this.#view;
    const received = open === undefined ? [] : [...open.received];
    const receivers = open === undefined ? [] : [...open.receivers.keys()];
    return `members are ${[...members.keys()].join(", ")}, of ${receivers.join(", ") || "no"} receivers ${received.join(", ") || "none"} are done, ${waiting.length} changes wait, and the last order: ${this.#refusal}`;
  }
}

/** Of what `GET /admin/members` answers. */
interface ToldMembers {
  /** Null while its trees are built. */
  readonly rangesKept: number | null;
  readonly notEmptied: readonly string[];
}

function told(node: DynamoNode): ToldMembers {
  return node.operator.membership.members() as ToldMembers;
}
