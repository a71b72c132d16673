/**
 * One simulated run, from its plan to its outcome: load under all faults, then a healed core alone, then everything whole again,
 * settled, read back and judged. Everything descends from the plan's seed; the same plan gives the same bytes.
 */

import { fromBase64url, toHex, utf8Bytes } from "../../src/base/bytes.ts";
import { sha256 } from "../../src/base/hash.ts";
import { SeededRandom } from "../../src/base/seeded-random.ts";
import { macKeyOf, openContext } from "../../src/causality/context-token.ts";
import type { Clock as VersionClock } from "../../src/causality/versioning.ts";
import { versioningFor } from "../../src/causality/versioning-for.ts";
import { shoppingCart } from "../../workloads/shopping-cart.ts";
import { analyze } from "../checker/analyze.ts";
import type { WorkloadClients } from "../client/contract.ts";
import { Oracle } from "../drivers/sim/oracle/oracle.ts";
import { SimulationStuckError } from "../drivers/sim/scheduler.ts";
import { SIM_CLUSTER_ID, SIM_SECRET, SimCluster } from "../drivers/sim/sim-cluster.ts";
import { SimHttp } from "../drivers/sim/sim-http.ts";
import type { SimFault, SimFaultKind } from "../drivers/sim/world-plan.ts";
import { limit } from "../generator/combinators.ts";
import { interpret } from "../generator/interpreter.ts";
import { openLoop } from "../generator/open-loop.ts";
import type { HistoryHeader, HistoryLine } from "../history/operation.ts";
import { Recorder } from "../history/recorder.ts";
import { clientGroup } from "../nemesis/grudges.ts";
import { pairsOf } from "../nemesis/probes.ts";
import type { Trace } from "../report/lamport/trace.ts";
import { readBack, settleDown } from "../run/read-back.ts";
import { Stores } from "../run/stores.ts";
import { ADVERSARY_KEYS, Adversary } from "./adversary.ts";
import { checkAtRest, checkStops } from "./at-rest.ts";
import { findingsOf } from "./findings.ts";
import { runLiveness } from "./liveness.ts";
import type { RunOptions, SimulatedRun } from "./run-contract.ts";
import { SimAssertions } from "./sim-assertions.ts";
import type { Finding, SimOutcome } from "./sim-outcome.ts";
import type { SimPlan } from "./sim-plan.ts";
import { simulationInput } from "./simulation-input.ts";
import { Storm } from "./storm.ts";
import { TraceCollector } from "./trace-collector.ts";

/** Virtual time beyond the load that a run may take: settling, liveness and read-back are all bounded below it. */
const AFTER_LOAD_MS_MAX = 400_000;
/** Virtual time costs nothing, and a remove that never completed would leave the end undecided. */
const DRAIN_MS = 120_000;
const RESTART_ATTEMPTS_MAX = 20;
const RESTART_PAUSE_MS = 100;

/** Rejects only where the plan itself cannot be run. What goes wrong in the run is a finding. */
export function runSimulation(plan: SimPlan, options: RunOptions = {}): Promise<SimulatedRun> {
  return new Simulation(plan, options).run();
}

class Simulation {
  readonly #plan: SimPlan;
  readonly #options: RunOptions;
  readonly #chance: SeededRandom;
  readonly #assertions: SimAssertions;
  readonly #findings: Finding[] = [];
  readonly #cluster: SimCluster;
  readonly #recorder: Recorder;
  readonly #header: HistoryHeader;
  readonly #storm: Storm;
  readonly #stores: Stores;
  readonly #trace: TraceCollector | undefined;
  #oracle: Oracle | undefined;
  #history = "";
  #phase = "starting";

  constructor(plan: SimPlan, options: RunOptions) {
    this.#plan = plan;
    this.#options = options;
    this.#chance = new SeededRandom(plan.seed);
    this.#assertions = new SimAssertions(() => this.#nowMs());
    this.#trace = options.trace === true ? new TraceCollector(() => this.#nowMs()) : undefined;
    this.#cluster = new SimCluster({
      plan: plan.run,
      world: plan.world,
      seed: plan.seed,
      assertions: this.#assertions,
      observer: (cluster) => {
        this.#oracle = this.#makeOracle(cluster);
        return this.#oracle;
      },
      onCrash: (node, error) => this.#crashed(node, error),
      keepsLogs: options.trace === true,
      ...(this.#trace === undefined
        ? {}
        : { onBytes: this.#trace.onBytes, onMessage: this.#trace.onMessage }),
    });
    const { scheduler, nodes, http } = this.#cluster;
    this.#header = {
      format: "ringside-history",
      version: 1,
      workload: plan.run.workload,
      seed: plan.seed,
      nodes,
    };
    const sink = {
      write: (text: string) => {
        this.#history += text;
      },
    };
    this.#recorder = new Recorder({ clock: scheduler }, sink, this.#header);
    const random = this.#chance.fork("client library");
    this.#stores = new Stores({ clock: scheduler, random, http }, this.#cluster);
    this.#storm = new Storm(this.#cluster, {
      onFault: (fault, name, phase) => {
        this.#recorder.note({ type: "fault", phase, fault: name });
        const kind = phase === "applied" ? "fault" : "healed";
        for (const lane of lanesOf(fault)) this.#trace?.mark({ lane, kind, label: name });
      },
      onCut: (links) => this.#stores.setCut(links),
    });
  }

  async run(): Promise<SimulatedRun> {
    const untilMs = 2_000 * this.#plan.run.seconds + AFTER_LOAD_MS_MAX;
    const onRejection = (reason: unknown): void => this.#crashed("unknown", reason);
    process.on("unhandledRejection", onRejection);
    try {
      const limits = { untilMs, stop: () => this.#tellState() };
      await this.#cluster.scheduler.run(this.#live(), limits);
    } catch (error) {
      if (!(error instanceof SimulationStuckError)) throw error;
      this.#findings.push({ check: "stuck", anomaly: error.message, detail: this.#dump() });
    } finally {
      process.off("unhandledRejection", onRejection);
    }
    return this.#finished();
  }

  /** True where the run is to stop. */
  #tellState(): boolean {
    const { stop, onState } = this.#options;
    const { eventCount: events } = this.#cluster.scheduler;
    onState?.({ virtualMs: this.#nowMs(), events, description: this.#phase });
    return stop?.() === true;
  }

  async #live(): Promise<void> {
    const { scheduler } = this.#cluster;
    if (!(await this.#starts())) return;
    this.#checkLinks();
    this.#recorder.note({ type: "marker", name: "healthy" });
    const clients = this.#clients();
    this.#phase = "load and faults";
    this.#storm.begin(this.#plan.faults);
    const adversary = this.#adversary();
    await Promise.all([this.#load(clients), adversary?.run()]);
    await this.#storm.calm();
    if (this.#plan.core.length > 0) {
      this.#phase = "a core alone";
      const { core, run } = this.#plan;
      const parts = { cluster: this.#cluster, recorder: this.#recorder, clients, plan: run, core };
      this.#findings.push(...(await runLiveness(parts)));
    }
    this.#phase = "healing and reading back";
    await this.#restartAll();
    this.#recorder.note({ type: "marker", name: "healed" });
    const ending = {
      cluster: this.#cluster,
      clock: scheduler,
      signal: NEVER,
      recorder: this.#recorder,
      workload: shoppingCart,
      readers: this.#stores.openDirect(),
    };
    await settleDown(ending, this.#plan.run);
    await this.#checkDelivery();
    await readBack(ending, this.#plan.run);
    if (adversary !== undefined) {
      await adversary.readBack();
      this.#findings.push(...adversary.findings);
    }
    this.#findings.push(...(await checkAtRest(this.#cluster)));
    this.#oracle?.finish({ settled: wasQuiet(this.#recorder.lines) });
    this.#findings.push(...(await checkStops(this.#cluster)));
    await this.#recorder.flush();
  }

  /** No fault has begun yet, so a cluster that does not come up is one of the store's own. */
  async #starts(): Promise<boolean> {
    try {
      await this.#cluster.start();
      return true;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const anomaly = "a whole cluster does not come up";
      this.#findings.push({ check: "start", anomaly, detail: error.message });
      return false;
    }
  }

  /** Every node has reached every other by now: a link that carried nothing is one that somebody goes past. */
  #checkLinks(): void {
    for (const link of pairsOf(this.#cluster.nodes)) {
      if (this.#cluster.net.link(link).carriedBytes > 0) continue;
      this.#findings.push({
        check: "links",
        anomaly: "a link carried nothing",
        detail: `${link.from} reached ${link.to}, and nothing went over the link between them`,
      });
    }
  }

  /** Before the final reads, which repair what hints should have brought. */
  async #checkDelivery(): Promise<void> {
    const mayForget = this.#plan.faults.some(({ kind }) => FORGETFUL.has(kind));
    if (mayForget || !wasQuiet(this.#recorder.lines)) return;
    const left = await checkAtRest(this.#cluster);
    if (left.length === 0) this.#oracle?.hintsDelivered();
  }

  #clients(): WorkloadClients {
    return shoppingCart.clients(
      { clock: this.#cluster.scheduler, random: this.#chance.fork("clients") },
      { plan: this.#plan.run, openStore: (_process, home) => this.#stores.open(home) },
    );
  }

  #adversary(): Adversary | undefined {
    const { run, adversaryRequests: requests } = this.#plan;
    if (requests === undefined) return undefined;
    const { scheduler: clock, http, nodes } = this.#cluster;
    const { clientUrl, directUrl } = SimHttp;
    const random = this.#chance.fork("adversary");
    return new Adversary(
      { clock, random, http, nodes, clientUrl, directUrl },
      { requests, seconds: run.seconds, n: run.n },
    );
  }

  /** Losses on the adversary's keys are nothing that the history tells of. */
  #judgement() {
    const oracle = this.#oracle;
    if (oracle === undefined) return undefined;
    const lossSeen = [...oracle.lossKeys].some((key) => !ADVERSARY_KEYS.includes(key));
    return { violations: oracle.violations, lossSeen };
  }

  async #load(clients: WorkloadClients): Promise<void> {
    const { run, operations } = this.#plan;
    const { rate, seconds, clients: processes } = run;
    const startNs = this.#recorder.nowNs();
    const schedule = { ratePerSecond: rate, arrivals: "poisson", startNs } as const;
    await interpret(
      { clock: this.#cluster.scheduler, random: this.#chance.fork("workload") },
      {
        generator: limit(operations, openLoop(schedule, shoppingCart.generator(run))),
        clients,
        recorder: this.#recorder,
      },
      {
        nodes: this.#cluster.nodes,
        processes,
        timeLimitNs: startNs + seconds * 1e9,
        drainMs: DRAIN_MS,
      },
    );
  }

  /** Everything that is down comes back; a node that cannot although nothing is wrong any more is a finding. */
  async #restartAll(): Promise<void> {
    await Promise.all(
      [...this.#cluster.machines.values()].map(async (machine) => {
        machine.resume();
        let reason = "it died again";
        for (let attempt = 0; attempt < RESTART_ATTEMPTS_MAX; attempt += 1) {
          try {
            await machine.start();
            if (machine.isRunning) return;
          } catch (error) {
            reason = error instanceof Error ? error.message : String(error);
          }
          await new Promise<void>((resolve) =>
            this.#cluster.scheduler.setTimer(RESTART_PAUSE_MS, resolve),
          );
        }
        const detail = `Node ${machine.name} does not start: ${reason}`;
        this.#findings.push({ check: "restart", anomaly: "a healed node does not start", detail });
      }),
    );
  }

  #finished(): SimulatedRun {
    const { lines } = this.#recorder;
    const { summary } = analyze(simulationInput(this.#plan, this.#header, lines));
    const findings = findingsOf({
      plan: this.#plan,
      summary,
      oracle: this.#judgement(),
      others: [...this.#findings, ...this.#assertions.findings, ...this.#logFindings()],
    });
    const outcome: SimOutcome = {
      plan: this.#plan,
      verdict: summary.verdict,
      reasons: summary.reasons,
      findings,
      historySha256: toHex(sha256(utf8Bytes(this.#history))),
      operations: summary.operations,
      lost: summary.lostWrites.count,
      requests: this.#cluster.requestCount,
      virtualMs: this.#nowMs(),
      events: this.#cluster.scheduler.eventCount,
      faults: this.#storm.counts,
      reached: this.#assertions.reached,
    };
    const logs = [...this.#cluster.machines].map(([name, { log }]): [string, string] => [
      name,
      log.text(),
    ]);
    return {
      outcome,
      history: this.#history,
      header: this.#header,
      lines,
      logs: new Map(logs),
      trace: this.#finishedTrace(findings),
      stateDump: this.#dump(),
    };
  }

  #finishedTrace(findings: readonly Finding[]): Trace | undefined {
    const { nodes } = this.#cluster;
    for (const { anomaly, detail, timeMs } of findings) {
      const lane = nodes.find((node) => detail.includes(node)) ?? nodes[0] ?? "";
      const label = `${anomaly}: ${detail}`;
      this.#trace?.mark({ lane, kind: "violation", label, ...(timeMs && { timeMs }) });
    }
    return this.#trace?.trace(nodes.flatMap((node) => [clientGroup(node), node]));
  }

  /** A node logs an error only for what it did not expect; a disk that fails on purpose is expected. */
  #logFindings(): readonly Finding[] {
    const expected = this.#plan.faults.some(
      ({ kind }) => kind === "full-disk" || kind === "corrupt" || kind === "restore",
    );
    if (expected) return [];
    return [...this.#cluster.machines.values()].flatMap(({ name, log }) =>
      [...log.errors].map(([sentence, error]) => ({
        check: "log",
        anomaly: sentence,
        detail: `Node ${name} logged an error: ${sentence}: ${error}`,
      })),
    );
  }

  #crashed(node: string, error: unknown): void {
    const reason = error instanceof Error ? error : new Error(String(error));
    this.#findings.push({
      check: "crash",
      anomaly: `${reason.name}: ${reason.message.slice(0, 60)}`,
      detail: `Node ${node} would have died of an error nobody caught: ${reason.stack}`,
      timeMs: this.#nowMs(),
    });
  }

  #makeOracle(cluster: SimCluster): Oracle {
    const { run, world } = this.#plan;
    const versioning = versioningFor(run.versioning);
    const macKey = macKeyOf(SIM_SECRET, SIM_CLUSTER_ID);
    const ring = () =>
      [...cluster.machines.values()].find(({ node }) => node !== undefined)?.node?.ring();
    return new Oracle({
      nowMs: () => this.#nowMs(),
      versioning,
      openContext: (key, token): VersionClock | undefined => {
        const bytes = fromBase64url(token);
        if (bytes === undefined) return undefined;
        try {
          const scope = { clusterId: SIM_CLUSTER_ID, key, mode: run.versioning };
          return openContext(bytes, scope, macKey);
        } catch {
          return undefined;
        }
      },
      nodes: cluster.nodes,
      n: run.n,
      strict: run.quorum === "strict",
      synced: run.engine !== "memory" && world.sync,
      lossless: run.expects.verdict === "valid",
      preferenceList: (key) => ring()?.preferenceList(key) ?? [],
    });
  }

  #nowMs(): number {
    return this.#cluster.scheduler.monotonicMs();
  }

  #dump(): string {
    const { eventCount } = this.#cluster.scheduler;
    const nodes = [...this.#cluster.machines.values()].map(({ name, isRunning, metrics }) => {
      const gauges = [...(metrics?.gauges() ?? [])].map(([gauge, value]) => `${gauge} ${value}`);
      return `${name} ${isRunning ? "running" : "down"}: ${gauges.join(", ")}`;
    });
    return [`at ${this.#nowMs().toFixed(3)} ms, ${eventCount} events`, ...nodes].join("\n");
  }
}

/** The nodes that a fault hurts: those at the ends of its links, or its own. */
function lanesOf(fault: SimFault): readonly string[] {
  if ("node" in fault) return [fault.node];
  return [...new Set(fault.links.flatMap(({ from, to }) => [from, to]))];
}

/** What the settling at the end came to. */
function wasQuiet(lines: readonly HistoryLine[]): boolean {
  const last = lines.findLast(
    (line) => line.type === "marker" && (line.name === "quiesced" || line.name === "unsettled"),
  );
  return last?.type === "marker" && last.name === "quiesced";
}

/** Faults with which a node cannot keep a hint that it owes, or a copy that it acknowledged. */
const FORGETFUL: ReadonlySet<SimFaultKind> = new Set(["full-disk", "corrupt", "restore", "wipe"]);
const NEVER = new AbortController().signal;
