/*
 * Runs over all cores: one thread a core, each with one run at a time.
 *
 * A simulated run is a closed world that cannot be trusted to end: what it looks for is code that loops, throws where nobody
 * catches, or eats all memory. So nothing a run does reaches further than its thread. A thread that does not answer in
 * time is ended from outside, one that died is replaced, and either way the run has an outcome with a finding.
 */

import type { PooledRun } from "./pool-worker.ts";
import { PoolError, PoolWorker } from "./pool-worker.ts";
import type { SimPlan } from "./sim-plan.ts";

export interface PoolOptions {
  /** URL of the module that exports `runSimulation`. */
  readonly runModule: string;
  /** Threads at a time. */
  readonly jobs: number;
  /** Real time that one run may take. */
  readonly timeoutMs: number;
  /** Of one thread's heap; default 1,024. */
  readonly heapMegabytesMax?: number;
}

export interface PoolRunOptions {
  /** True: history, lines and state come back too. */
  readonly whole?: boolean;
  readonly trace?: boolean;
}

const HEAP_MEGABYTES_MAX = 1_024;
/** Then a thread is replaced, so that a slow leak is not taken for a fault of the seed it ends with. */
const RUNS_OF_WORKER_MAX = 1_000;
const WAITING_MAX = 10_000;

export class Pool {
  readonly #options: PoolOptions;
  readonly #idle: PoolWorker[] = [];
  readonly #busy = new Set<PoolWorker>();
  readonly #waiting: (() => void)[] = [];
  #isClosed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  get jobs(): number {
    return this.#options.jobs;
  }

  /**
   * Carries out one plan as soon as a thread is free. A run that hangs, throws or kills its thread resolves too, with a
   * finding. Rejects with PoolError where no thread can be started, and where the pool is closed meanwhile.
   */
  async run(
    plan: SimPlan,
    { whole = false, trace = false }: PoolRunOptions = {},
  ): Promise<PooledRun> {
    const worker = await this.#take();
    try {
      return await worker.run({ plan, whole, trace });
    } finally {
      this.#giveBack(worker);
    }
  }

  /** Ends all threads; runs under way and waiting reject. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const wake of this.#waiting.splice(0)) wake();
    await Promise.all([...this.#idle.splice(0), ...this.#busy].map((worker) => worker.end()));
  }

  async #take(): Promise<PoolWorker> {
    while (!this.#isClosed && this.#busy.size >= this.#options.jobs) {
      if (this.#waiting.length >= WAITING_MAX) {
        throw new PoolError(`Cannot run: ${WAITING_MAX} runs wait already`);
      }
      await new Promise<void>((wake) => this.#waiting.push(wake));
    }
    if (this.#isClosed) throw new PoolError("Cannot run: the pool is closed");
    const worker = this.#idle.pop() ?? this.#start();
    this.#busy.add(worker);
    return worker;
  }

  #start(): PoolWorker {
    const { runModule, timeoutMs, heapMegabytesMax = HEAP_MEGABYTES_MAX } = this.#options;
    return new PoolWorker({ runModule, timeoutMs, heapMegabytesMax });
  }

  #giveBack(worker: PoolWorker): void {
    this.#busy.delete(worker);
    if (!worker.isDead) {
      if (worker.runs < RUNS_OF_WORKER_MAX && !this.#isClosed) this.#idle.push(worker);
      else void worker.end();
    }
    this.#waiting.shift()?.();
  }
}
