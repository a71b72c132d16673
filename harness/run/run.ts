/**
 * One run, from plan to report.
 *
 * Everything is written when it happens (plan, history, faults), so that whatever breaks, what was seen before stays
 * readable and can be analyzed. A failure of the harness itself (a node that died on its own, Toxiproxy gone, a full disk)
 * ends the run with that failure; an interrupted run heals, keeps what it has and is judged on that.
 */

import { SeededRandom } from "../../src/base/seeded-random.ts";
import { isLastWriteWins } from "../../src/causality/versioning.ts";
import type { HttpCaller } from "../../src/client/http-caller.ts";
import type { Clock } from "../../src/env/clock.ts";
import { waitMs } from "../../src/env/wait.ts";
import { endsWithAllCrash } from "../checker/all-crash.ts";
import type { Cluster } from "../cluster/contract.ts";
import { interpret } from "../generator/interpreter.ts";
import { openLoop } from "../generator/open-loop.ts";
import type { HistoryHeader, HistoryLine } from "../history/operation.ts";
import { Recorder } from "../history/recorder.ts";
import { crashAll } from "../nemesis/crash-all.ts";
import type { FaultFile } from "../nemesis/fault.ts";
import { runNemesis } from "../nemesis/nemesis.ts";
import type { PlannedFault, Schedule } from "../nemesis/schedule.ts";
import { buildSchedule } from "../nemesis/schedule.ts";
import { clusterFile } from "./cluster-file.ts";
import { dueBeforeEnd } from "./due-before-end.ts";
import { FaultLog } from "./fault-log.ts";
import { findSilentLinks } from "./inspect-links.ts";
import { joinFailures } from "./join-failures.ts";
import { LiveFigures } from "./live-figures.ts";
import type { Plan } from "./plan.ts";
import type { Ending } from "./read-back.ts";
import { readBack, settleDown } from "./read-back.ts";
import type { ResultFolder } from "./result-folder.ts";
import { CLUSTER_FILE, PLAN_FILE } from "./run-files.ts";
import type { RunProgress } from "./show-progress.ts";
import { showProgress } from "./show-progress.ts";
import { Stores } from "./stores.ts";
import { untilAborted } from "./until-aborted.ts";
import type { Workload } from "./workload.ts";

/** What a run is made of; all of its edges. */
export interface RunParts {
  readonly clock: Clock;
  readonly http: HttpCaller;
  readonly workload: Workload;
  readonly folder: ResultFolder;
  /** Starts the cluster of the plan; `onFailure` is told when something of it ends on its own. */
  startCluster(onFailure: (error: Error) => void): Promise<Cluster>;
}

export interface RunOptions {
  /** Interrupts the run: faults are healed, and what is there is kept. */
  readonly signal: AbortSignal;
  readonly onPhase: (sentence: string) => void;
  readonly onProgress: (progress: RunProgress) => void;
}

/** What a run leaves for the analysis, beside the history on disk. */
export interface FinishedRun {
  readonly header: HistoryHeader;
  readonly lines: readonly HistoryLine[];
  readonly faults: FaultFile;
  readonly toxiproxy: Cluster["toxiproxy"];
  readonly interrupted: boolean;
}

/** Longer than any call of the client library, so that operations under way end by themselves. */
const DRAIN_MS = 6_000;
/** Load after the last fault, at least. */
const TAIL_MS_MIN = 500;
/** The load ends at this multiple of its planned length, however late the faults are. */
const LOAD_STRETCH_MAX = 2;
/** The links are looked at this long before the first fault, or the end. */
const INSPECTION_LEAD_MS = 1_000;

/** Runs the plan to its final reads. Rejects where the harness itself breaks; everything is stopped then. */
export async function runPlan(
  parts: RunParts,
  plan: Plan,
  options: RunOptions,
): Promise<FinishedRun> {
  await parts.folder.writeJson(PLAN_FILE, plan);
  const failure = Promise.withResolvers<never>();
  // Also told where nobody listens yet or any more.
  failure.promise.catch(() => {});
  const verb = plan.external === undefined ? "starting" : "using";
  options.onPhase(
    `${verb} ${plan.nodes} nodes (${plan.engine}, N=${plan.n} R=${plan.r} W=${plan.w})`,
  );
  const cluster = await parts.startCluster(failure.reject);
  const ended = new AbortController();
  const signal = AbortSignal.any([options.signal, ended.signal]);
  await parts.folder.writeJson(CLUSTER_FILE, clusterFile(cluster));
  const run = new Run(parts, plan, { ...options, signal }, cluster);
  const going = run.toTheEnd();
  try {
    const finished = await Promise.race([going, failure.promise]);
    await cluster.stop();
    return { ...finished, interrupted: options.signal.aborted };
  } catch (error) {
    ended.abort();
    const [stopped] = await Promise.allSettled([cluster.stop()]);
    // With the cluster gone the rest ends soon; what does not is given up.
    await Promise.race([Promise.allSettled([going]), waitMs(parts.clock, DRAIN_MS)]);
    throw joinFailures(error, stopped);
  } finally {
    await run.close();
  }
}

class Run {
  readonly #parts: RunParts;
  readonly #plan: Plan;
  readonly #options: RunOptions;
  readonly #cluster: Cluster;
  readonly #header: HistoryHeader;
  readonly #recorder: Recorder;
  readonly #history: ReturnType<ResultFolder["openHistory"]>;
  readonly #stores: Stores;
  readonly #chance: SeededRandom;
  readonly #faults: FaultLog;
  #current: PlannedFault | undefined;

  constructor(parts: RunParts, plan: Plan, options: RunOptions, cluster: Cluster) {
    this.#parts = parts;
    this.#plan = plan;
    this.#options = options;
    this.#cluster = cluster;
    this.#chance = new SeededRandom(plan.seed);
    this.#faults = new FaultLog(parts.folder);
    this.#history = parts.folder.openHistory();
    this.#header = {
      format: "ringside-history",
      version: 1,
      workload: plan.workload,
      seed: plan.seed,
      nodes: cluster.nodes,
    };
    this.#recorder = new Recorder({ clock: parts.clock }, this.#history, this.#header);
    const random = this.#chance.fork("client library");
    this.#stores = new Stores({ clock: parts.clock, random, http: parts.http }, cluster, {
      retriesInDoubt: !isLastWriteWins(plan.versioning),
      asksOwners: plan.clientRouting === "owners",
    });
  }

  async toTheEnd(): Promise<Omit<FinishedRun, "interrupted">> {
    const { signal, onPhase } = this.#options;
    const recorder = this.#recorder;
    const { clock, workload } = this.#parts;
    const ending: Ending = {
      cluster: this.#cluster,
      clock,
      signal,
      recorder,
      workload,
      readers: this.#stores.openDirect(),
    };
    await this.#load();
    await this.#cluster.network?.heal();
    recorder.note({ type: "marker", name: "healed" });
    if (!signal.aborted) {
      onPhase("healed; waiting until the cluster is quiet");
      const isAtRest = await settleDown(ending, this.#plan);
      // Where it is not, the run cannot be valid any more, and a crash would only hide why.
      if (isAtRest && endsWithAllCrash(this.#plan) && !signal.aborted) {
        await this.#crashAll(ending);
      }
    }
    if (!signal.aborted) {
      onPhase("reading everything back");
      await readBack(ending, this.#plan);
    }
    await this.#faults.write();
    await recorder.flush();
    return {
      header: this.#header,
      lines: recorder.lines,
      faults: this.#faults.file,
      toxiproxy: this.#cluster.toxiproxy,
    };
  }

  /** Lets go of the history; what was recorded and could be written is on disk then. */
  async close(): Promise<void> {
    await Promise.allSettled([this.#recorder.flush()]);
    await this.#history.close();
  }

  /** Clients and nemesis, side by side, until the time is over. */
  async #load(): Promise<void> {
    const { clock } = this.#parts;
    const { signal } = this.#options;
    const failed = new AbortController();
    const stop = AbortSignal.any([signal, failed.signal]);
    const enough = new AbortController();
    const schedule = buildSchedule(this.#plan, this.#cluster.nodes, this.#chance.fork("schedule"));
    await this.#faults.write();
    this.#recorder.note({ type: "marker", name: "healthy" });
    const startMs = clock.monotonicMs();
    const figures = new LiveFigures();
    const over = new AbortController();
    const stopOnFailure = (error: unknown): never => {
      failed.abort();
      throw error;
    };
    const leftMs = () =>
      Math.max(TAIL_MS_MIN, startMs + this.#plan.seconds * 1_000 - clock.monotonicMs());
    const shown = showProgress(clock, figures, {
      startMs,
      totalMs: this.#plan.seconds * 1_000,
      over: over.signal,
      currentFault: () => this.#current?.name,
      onProgress: this.#options.onProgress,
    });
    const results = await Promise.allSettled([
      this.#runClients(figures, stop, enough.signal).catch(stopOnFailure),
      this.#breakThings(schedule, startMs, stop)
        // Faults may take longer than planned on a busy machine; the load outlasts them all the same.
        .then(() => waitMs(clock, leftMs(), stop))
        .then(() => enough.abort())
        .catch(stopOnFailure),
    ]);
    over.abort();
    await shown;
    for (const result of results) {
      if (result.status === "rejected") throw result.reason;
    }
  }

  async #runClients(figures: LiveFigures, stop: AbortSignal, enough: AbortSignal): Promise<void> {
    const { clock, workload } = this.#parts;
    const { rate, seconds, clients } = this.#plan;
    const random = this.#chance.fork("workload");
    const startNs = this.#recorder.nowNs();
    const scheduled = openLoop(
      { ratePerSecond: rate, arrivals: "poisson", startNs },
      workload.generator(this.#plan),
    );
    await interpret(
      { clock, random },
      {
        generator: untilAborted(
          stop,
          dueBeforeEnd(enough, () => this.#recorder.nowNs(), scheduled),
        ),
        clients: workload.clients(
          { clock, random: this.#chance.fork("clients") },
          { plan: this.#plan, openStore: (_process, home) => this.#stores.open(home) },
        ),
        recorder: this.#recorder,
      },
      {
        nodes: this.#cluster.nodes,
        processes: clients,
        timeLimitNs: startNs + seconds * LOAD_STRETCH_MAX * 1e9,
        drainMs: DRAIN_MS,
        onCompletion: (_invocation, completion) => figures.add(completion),
      },
    );
  }

  async #breakThings(schedule: Schedule, startMs: number, signal: AbortSignal): Promise<void> {
    const { clock, workload } = this.#parts;
    const inspectionMs = Math.max(0, schedule.healthyMs - INSPECTION_LEAD_MS);
    await waitMs(clock, startMs + inspectionMs - clock.monotonicMs(), signal);
    await this.#faults.addSilentLinks(await findSilentLinks(this.#cluster, clock));
    const keys = workload.keys(this.#plan);
    const parts = { cluster: this.#cluster, clock, keys, journal: this.#recorder };
    await runNemesis(parts, schedule, {
      startMs,
      signal,
      onCurrent: (fault) => {
        this.#current = fault;
        this.#stores.setCut(fault?.action.type === "cut" ? fault.action.links : []);
      },
      onFault: (record) => this.#faults.add(record),
    });
  }

  /** All nodes at once, so that memory cannot answer the final reads; then the cluster settles anew. */
  async #crashAll(ending: Ending): Promise<void> {
    const { clock, workload } = this.#parts;
    const { signal, onPhase } = this.#options;
    onPhase("quiet; killing all nodes at once and starting them again");
    const keys = workload.keys(this.#plan);
    const record = await crashAll(
      { cluster: this.#cluster, clock, keys, journal: this.#recorder },
      { number: this.#faults.count + 1, signal },
    );
    await this.#faults.add(record);
    this.#recorder.note({ type: "marker", name: "healed" });
    if (!signal.aborted) await settleDown(ending, this.#plan);
  }
}
