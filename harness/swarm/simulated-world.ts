import { fromBase64url } from "../../src/base/bytes.ts";
import { SeededRandom } from "../../src/base/seeded-random.ts";
import { macKeyOf, openContext } from "../../src/causality/context-token.ts";
import type { Clock as VersionClock } from "../../src/causality/versioning.ts";
import { CLOCK_SKEW_MS_MAX, isLastWriteWins } from "../../src/causality/versioning.ts";
import { versioningFor } from "../../src/causality/versioning-for.ts";
import type { NodeConfiguration } from "../../src/node/configuration.ts";
import { Oracle } from "../drivers/sim/oracle/oracle.ts";
import { SimCluster } from "../drivers/sim/sim-cluster.ts";
import { SIM_CLUSTER_ID, SIM_SECRET, simConfiguration } from "../drivers/sim/sim-configuration.ts";
import type { SimFault } from "../drivers/sim/world-plan.ts";
import type { HistoryHeader } from "../history/operation.ts";
import { Recorder } from "../history/recorder.ts";
import { Stores } from "../run/stores.ts";
import type { Archive } from "./archive.ts";
import { CalmPairs } from "./calm-pairs.ts";
import { clockSkewMs } from "./clock-skew.ts";
import { deliveryBounds } from "./delivery-bounds.ts";
import { destroyedNodes, losesNothing, nodesDestroyed } from "./plan-expectation.ts";
import { SimAssertions } from "./sim-assertions.ts";
import type { Finding } from "./sim-outcome.ts";
import type { SimPlan } from "./sim-plan.ts";
import { Storm } from "./storm.ts";
import { hintBounds, timeBounds } from "./time-bounds.ts";
import { TraceCollector } from "./trace-collector.ts";

/** In one seed of so many clients give up a write that is in doubt. */
const RESIGNED_SEEDS = 3;

/** Everything that one simulated run is made of, and whoever looks at it; made from the plan, before any time passes. */
export class SimulatedWorld {
  readonly plan: SimPlan;
  /** Each part of the run forks its own. */
  readonly chance: SeededRandom;
  readonly cluster: SimCluster;
  readonly assertions: SimAssertions;
  readonly header: HistoryHeader;
  readonly recorder: Recorder;
  readonly stores: Stores;
  readonly storm: Storm;
  readonly calm = new CalmPairs(() => this.nowMs());
  readonly trace: TraceCollector | undefined;
  /** What the phases of the run and its crashes leave; the oracle, the assertions and the logs keep their own. */
  readonly findings: Finding[] = [];
  /** The snapshot that was taken, where one was. */
  archive: Archive | undefined;
  #oracle: Oracle | undefined;
  readonly #history: Buffer[] = [];

  constructor(plan: SimPlan, { trace = false }: { readonly trace?: boolean | undefined } = {}) {
    this.plan = plan;
    this.chance = new SeededRandom(plan.seed);
    this.assertions = new SimAssertions(() => this.nowMs());
    this.trace = trace ? new TraceCollector(() => this.nowMs()) : undefined;
    this.cluster = new SimCluster({
      plan: plan.run,
      world: plan.world,
      seed: plan.seed,
      assertions: this.assertions,
      observer: (cluster) => {
        this.#oracle = oracleOf(plan, cluster, this.calm);
        return this.#oracle;
      },
      onCrash: (node, error) => this.crashed(node, error),
      keepsLogs: trace,
      ...(this.trace && { onBytes: this.trace.onBytes, onMessage: this.trace.onMessage }),
    });
    const { scheduler, places, http } = this.cluster;
    this.header = {
      format: "ringside-history",
      version: 1,
      workload: plan.run.workload,
      seed: plan.seed,
      nodes: places,
    };
    const sink = {
      write: (text: string) => {
        // As bytes: a string of this making is a tree of all its parts, and the collector would walk through them again and again.
        this.#history.push(Buffer.from(text));
      },
    };
    this.recorder = new Recorder({ clock: scheduler }, sink, this.header);
    const random = this.chance.fork("client library");
    const retriesInDoubt =
      !isLastWriteWins(plan.run.versioning) && plan.seed % RESIGNED_SEEDS !== 0;
    this.stores = new Stores({ clock: scheduler, random, http }, this.cluster, {
      retriesInDoubt,
      asksOwners: plan.run.clientRouting === "owners",
    });
    this.storm = new Storm(this.cluster, {
      onFault: (fault, name, phase) => this.#noteFault(fault, name, phase),
      onCut: (links) => this.stores.setCut(links),
    });
  }

  /** The text of `history.jsonl` so far. */
  get history(): string {
    return Buffer.concat(this.#history).toString("utf8");
  }

  get oracle(): Oracle | undefined {
    return this.#oracle;
  }

  nowMs(): number {
    return this.cluster.scheduler.monotonicMs();
  }

  /** Makes a finding of an error that nobody caught. */
  crashed(node: string, error: unknown): void {
    const reason = error instanceof Error ? error : new Error(String(error));
    this.findings.push({
      check: "crash",
      anomaly: `${reason.name}: ${reason.message.slice(0, 60)}`,
      detail: `Node ${node} would have died of an error nobody caught: ${reason.stack}`,
      timeMs: this.nowMs(),
    });
  }

  /** What every node holds, for people. */
  dump(): string {
    const { eventCount } = this.cluster.scheduler;
    const nodes = [...this.cluster.simNodes.values()].map(({ name, isRunning, metrics }) => {
      const gauges = [...(metrics?.gauges() ?? [])].map(([gauge, value]) => `${gauge} ${value}`);
      return `${name} ${isRunning ? "running" : "down"}: ${gauges.join(", ")}`;
    });
    return [`at ${this.nowMs().toFixed(3)} ms, ${eventCount} events`, ...nodes].join("\n");
  }

  #noteFault(fault: SimFault, name: string, phase: "applied" | "healed"): void {
    this.recorder.note({ type: "fault", phase, fault: name });
    this.calm.noted(fault, phase);
    const kind = phase === "applied" ? "fault" : "healed";
    for (const lane of lanesOf(fault)) this.trace?.mark({ lane, kind, label: name });
  }
}

function oracleOf(plan: SimPlan, cluster: SimCluster, calm: CalmPairs): Oracle {
  const { run, world } = plan;
  const macKey = macKeyOf(SIM_SECRET, SIM_CLUSTER_ID);
  const versioning = versioningFor(run.versioning);
  const { mode, actors } = versioning;
  return new Oracle({
    nowMs: () => cluster.scheduler.monotonicMs(),
    versioning,
    truncated: run.truncate !== undefined,
    clocksKept: clockSkewMs(plan) < CLOCK_SKEW_MS_MAX,
    openContext: (key, token, kind = "context"): VersionClock | undefined => {
      const bytes = fromBase64url(token);
      if (bytes === undefined) return undefined;
      try {
        return openContext(bytes, { clusterId: SIM_CLUSTER_ID, key, mode, actors, kind }, macKey);
      } catch {
        return undefined;
      }
    },
    nodes: cluster.places,
    n: run.n,
    synced: run.engine !== "memory" && world.sync && run.writeBufferObjects === undefined,
    buffered: run.writeBufferObjects !== undefined,
    lossless: losesNothing(plan),
    destroyed: destroyedNodes(plan),
    nodesDestroyed: nodesDestroyed(plan),
    bounds: timeBounds(plan, configurationOf(plan, cluster)),
    hintBounds: {
      ...hintBounds(plan, configurationOf(plan, cluster)),
      membersKnownTo: (node) => cluster.machine(node).node?.ring().nodes.length,
    },
    deliveryBounds: deliveryBounds(plan, configurationOf(plan, cluster), (node, peer) =>
      calm.calmSinceMs(node, peer),
    ),
    isCalm: (node, peer, sinceMs) =>
      isServing(node, cluster) && isServing(peer, cluster) && calm.isCalm(node, peer, sinceMs),
    preferenceList: (key) => cluster.ring.preferenceList(key),
    nextPreferenceList: (key) => cluster.membership?.open?.ring.preferenceList(key),
    ...(cluster.membership && {
      movingW: run.w,
      believedPreferenceList: (node, key) => cluster.machine(node).node?.ring().preferenceList(key),
    }),
  });
}

/** Of any node: they differ in nothing that is asked here. */
function configurationOf({ run, world }: SimPlan, { nodes }: SimCluster): NodeConfiguration {
  return simConfiguration({ plan: run, world }, nodes, nodes[0] ?? "");
}

/** A node whose disk is full does not come back when it should. */
function isServing(node: string, cluster: SimCluster): boolean {
  return cluster.machine(node).node !== undefined;
}

/** The nodes that a fault hurts: those at the ends of its links, or its own. */
function lanesOf(fault: SimFault): readonly string[] {
  if ("node" in fault) return [fault.node];
  return [...new Set(fault.links.flatMap(({ from, to }) => [from, to]))];
}
