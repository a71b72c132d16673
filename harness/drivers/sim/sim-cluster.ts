/**
 * A whole cluster in this thread, in virtual time: real nodes on simulated machines. It is driven through the same contract as
 * any cluster, and opened further for faults that only a simulation has.
 */

import { utf8Bytes } from "../../../src/base/bytes.ts";
import { SeededRandom } from "../../../src/base/seeded-random.ts";
import type { VersioningMode } from "../../../src/causality/versioning.ts";
import type { HttpCaller } from "../../../src/client/http-caller.ts";
import type { Environment } from "../../../src/env/environment.ts";
import type { HttpRequest, HttpResponse } from "../../../src/http/exchange.ts";
import type { MembershipView } from "../../../src/membership/view.ts";
import type { NodeConfiguration } from "../../../src/node/configuration.ts";
import { foundersOf } from "../../../src/node/founders.ts";
import { ringOptionsOf } from "../../../src/node/ring-options.ts";
import { createRing } from "../../../src/ring/partition-table.ts";
import type { Ring } from "../../../src/ring/ring.ts";
import type {
  Addresses,
  ClockPower,
  Cluster,
  NetworkPower,
  ProcessPower,
} from "../../cluster/contract.ts";
import { clientLinks, nodeNames } from "../../cluster/node-names.ts";
import { pairsOf } from "../../nemesis/probes.ts";
import type { SendBounded } from "../node-api.ts";
import { nodeApi } from "../node-api.ts";
import type { ClusterPlan } from "../node-configuration-file.ts";
import type { DiskObserver } from "./disk/sim-disk-options.ts";
import { MembershipTruth } from "./membership-truth.ts";
import type { WorldObserver } from "./observer.ts";
import { Scheduler } from "./scheduler.ts";
import { simConfiguration } from "./sim-configuration.ts";
import type { OnBytes } from "./sim-connection.ts";
import type { SimHttpParts, SimHttpServer } from "./sim-http.ts";
import { SimHttp } from "./sim-http.ts";
import { simMachine } from "./sim-machine.ts";
import { SimNetwork } from "./sim-network.ts";
import { SimNetworkPower } from "./sim-network-power.ts";
import type { SimNode } from "./sim-node.ts";
import { simProcessPower, stopInTime } from "./sim-process-power.ts";
import { observerBelowBuffer } from "./watch-buffer.ts";
import { RequestWatch } from "./watch-requests.ts";
import type { WorldPlan } from "./world-plan.ts";

export interface SimClusterOptions {
  readonly plan: ClusterPlan & { readonly versioning: VersioningMode };
  readonly world: WorldPlan;
  readonly seed: number | string;
  /** By how much, on the wall clock, this world begins after others. Default 0. */
  readonly laterMs?: number;
  readonly assertions: Environment["assertions"];
  /** Made once the cluster's configuration is known; told of everything from the first write on. */
  readonly observer?: (world: SimCluster) => WorldObserver;
  readonly onCrash: (node: string, error: unknown) => void;
  readonly keepsLogs: boolean;
  readonly onBytes?: OnBytes;
  readonly onMessage?: SimHttpParts["onMessage"];
  /** Fields of one node's configuration that differ from all others'. */
  readonly settingsOf?: (node: string) => Partial<NodeConfiguration>;
  /** How fast each disk writes, beside its delays; undefined: as fast as can be. */
  readonly diskBytesPerSecond?: number;
}

const READY_TIMEOUT_MS = 15_000;
const READY_PAUSE_MS = 20;

export class SimCluster implements Cluster {
  readonly driver = "sim";
  readonly toxiproxy = { kind: "none", version: "" } as const;
  readonly scheduler: Scheduler;
  readonly net: SimNetwork;
  readonly http: HttpCaller;
  /** Of the members, by name. */
  readonly simNodes: ReadonlyMap<string, SimNode>;
  /** Those of nodes that are no members any more, or not yet, too. */
  readonly everyNode: ReadonlyMap<string, SimNode>;
  readonly network: NetworkPower;
  readonly processes: ProcessPower;
  readonly machines = undefined;
  readonly clocks: ClockPower;
  /** Of all machines, by the names of their nodes, spare ones too. */
  readonly places: readonly string[];
  /** Requests that reached the HTTP API of a node. */
  requestCount = 0;
  readonly #options: SimClusterOptions;
  readonly #members: Map<string, SimNode>;
  readonly #observer: WorldObserver | undefined;
  readonly #watch: RequestWatch | undefined;
  /** Undefined: the members are those of the configuration. */
  readonly #truth: MembershipTruth | undefined;
  readonly #spares: readonly string[];
  #nodes: readonly string[];
  #ring: Ring;

  constructor(options: SimClusterOptions) {
    const { plan, world } = options;
    const chance = new SeededRandom(options.seed);
    const names = nodeNames(plan.nodes + (world.spares ?? 0));
    const scheduler = new Scheduler(options.laterMs);
    this.#options = options;
    this.places = names;
    this.#nodes = names.slice(0, plan.nodes);
    this.#spares = names.slice(plan.nodes);
    this.#ring = this.#ringNow();
    this.#truth = this.#membershipTruth();
    this.scheduler = scheduler;
    const observer = options.observer?.(this);
    this.#observer = observer;
    this.net = new SimNetwork({
      scheduler,
      random: chance.fork("network"),
      world,
      links: [...pairsOf(names), ...clientLinks(names)],
      onBytes: options.onBytes,
      onSilence: ({ dialler, target }, silentMs) =>
        observer?.sentIntoSilence(dialler, target, silentMs),
    });
    this.#watch = observer && new RequestWatch(observer);
    const ofMachines = {
      ...options,
      scheduler,
      chance,
      network: this.net,
      observer,
      diskObserver: this.#diskObserver(observer),
      diskBytesPerSecond: options.diskBytesPerSecond,
    };
    this.everyNode = new Map(
      names.map((name, index) => [
        name,
        simMachine(name, index, this.#configurationOf(name), ofMachines),
      ]),
    );
    this.#members = new Map(this.nodes.map((name) => [name, this.machine(name)]));
    this.simNodes = this.#members;
    this.http = new SimHttp({
      scheduler,
      network: this.net,
      nodes: names,
      random: chance.fork("http"),
      serverOf: (node) => this.machine(node).server,
      serve: (node, server, request) => this.#serve(node, server, request),
      ...(options.onMessage === undefined ? {} : { onMessage: options.onMessage }),
    });
    this.network = new SimNetworkPower(this.net, pairsOf(names));
    this.processes = simProcessPower((node) => this.machine(node), scheduler);
    this.clocks = { setOffset: (node, offsetMs) => this.#api(node).setClock(offsetMs) };
  }

  /** The members: those that a static list in every node's configuration names, or that have joined and not left. */
  get nodes(): readonly string[] {
    return this.#nodes;
  }

  /** That of the members, in force. */
  get ring(): Ring {
    return this.#ring;
  }

  /** What becomes of joins and leaves; undefined where the list of members is static. */
  get membership(): MembershipView | undefined {
    return this.#truth?.view;
  }

  /**
   * Takes a node out of the list of members that all others are configured with; throws where one of them runs, since it would still go
   * by the old one.
   */
  removeMember(node: string): void {
    this.machine(node);
    this.#nodes = this.#nodes.filter((name) => name !== node);
    this.#members.delete(node);
    for (const [name, machine] of this.#members) machine.configure(this.#configurationOf(name));
    this.#ring = this.#ringNow();
    this.#observer?.membersChanged(this.#nodes);
  }

  /** Starts every node and waits until each reaches every other. */
  async start(): Promise<void> {
    await Promise.all([...this.simNodes.values()].map((machine) => machine.start()));
    const deadlineMs = this.scheduler.monotonicMs() + READY_TIMEOUT_MS;
    await Promise.all(
      pairsOf(this.nodes).map(async ({ from, to }) => {
        let detail = "never asked";
        while (this.scheduler.monotonicMs() < deadlineMs) {
          const answer = await this.probe(from, to);
          if (answer.answered) return;
          detail = answer.detail;
          await new Promise<void>((resolve) => this.scheduler.setTimer(READY_PAUSE_MS, resolve));
        }
        throw new Error(`Cannot start the cluster: ${from} did not reach ${to} (${detail})`);
      }),
    );
  }

  machine(node: string): SimNode {
    const machine = this.everyNode.get(node);
    if (machine === undefined) throw new RangeError(`Cannot find node ${node}`);
    return machine;
  }

  addresses(node: string): Addresses {
    const clients = [...this.everyNode.keys()].map((home): [string, string] => [
      home,
      SimHttp.clientUrl(home, node),
    ]);
    return { direct: SimHttp.directUrl(node), clients: new Map(clients) };
  }

  status(node: string) {
    return this.#api(node).status();
  }

  probe(node: string, peer: string) {
    return this.#api(node).probe(peer);
  }

  replica(node: string, key: Uint8Array) {
    return this.#api(node).replica(key);
  }

  trees(node: string) {
    return this.#api(node).trees();
  }

  /** SIGTERM to every node, and its end where it does not end what it has under way in time. */
  async stop(): Promise<void> {
    const machines = [...this.simNodes.values()];
    await Promise.all(machines.map((machine) => stopInTime(machine, this.scheduler)));
  }

  #configurationOf(node: string): NodeConfiguration {
    const options = this.#options;
    const written = simConfiguration(options, this.#configured, node, this.#spares);
    return { ...written, ...options.settingsOf?.(node) };
  }

  /** The nodes that every configuration names as members. */
  get #configured(): readonly string[] {
    return this.#truth === undefined ? this.#nodes : nodeNames(this.#options.plan.nodes);
  }

  #membershipTruth(): MembershipTruth | undefined {
    const configuration = this.#configurationOf(this.#nodes[0] ?? "");
    if (configuration.gossipMs === 0) return undefined;
    return new MembershipTruth({
      founders: foundersOf(configuration),
      n: configuration.n,
      onChange: () => this.#membersChanged(),
    });
  }

  #membersChanged(): void {
    if (this.#truth === undefined) return;
    this.#nodes = this.#truth.members;
    this.#ring = this.#truth.view.ring;
    this.#members.clear();
    for (const name of this.#nodes) this.#members.set(name, this.machine(name));
    this.#observer?.membersChanged(this.#nodes);
  }

  #diskObserver(observer: WorldObserver | undefined): DiskObserver | undefined {
    const isBuffered = this.#options.plan.writeBufferObjects !== undefined;
    const own = observer && isBuffered ? observerBelowBuffer(observer) : observer;
    return this.#truth === undefined ? own : this.#truth.observing(own);
  }

  #ringNow(): Ring {
    return createRing(ringOptionsOf(this.#configurationOf(this.#nodes[0] ?? "")));
  }

  #api(node: string) {
    return nodeApi(SimHttp.directUrl(node), sendOver(this.http));
  }

  #serve(node: string, server: SimHttpServer, request: HttpRequest): Promise<HttpResponse> {
    const { handler } = server;
    if (!request.path.startsWith("/kv")) return handler(request);
    this.requestCount += 1;
    if (this.#watch === undefined) return handler(request);
    return this.#watch.watch(this.machine(node).configuration, request, handler);
  }
}

function sendOver(http: HttpCaller): SendBounded {
  return async ({ method = "GET", url, body, timeoutMs }) => {
    const call = {
      method,
      url,
      timeoutMs,
      ...(body === undefined ? {} : { body: utf8Bytes(body) }),
    };
    const answer = await http.call(call);
    return { status: answer.status, body: Buffer.from(answer.body).toString("utf8") };
  };
}
