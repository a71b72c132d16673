import { Worker } from "node:worker_threads";
import { Heartbeat } from "./heartbeat.ts";
import { crashOutcome, hangOutcome } from "./lost-run.ts";
import type { SimulatedRun } from "./run-contract.ts";
import type { SimOutcome } from "./sim-outcome.ts";
import type { WorkerMessage, WorkerStart, WorkerTask } from "./worker-messages.ts";
import { thrownError } from "./worker-messages.ts";

export interface PoolWorkerOptions {
  readonly runModule: string;
  /** Real time that one run may take. */
  readonly timeoutMs: number;
  /** More, and the thread dies for want of memory. */
  readonly heapMegabytesMax: number;
}

export interface PooledRun {
  readonly outcome: SimOutcome;
  /** Undefined unless it was asked for, and where the run never answered. */
  readonly run: SimulatedRun | undefined;
  readonly realMs: number;
}

/** A worker that cannot start, or is ended while it runs: no finding about the store. */
export class PoolError extends Error {
  override readonly name = "PoolError";
}

const WORKER_URL = new URL("./worker.ts", import.meta.url);
/** Most of what a run makes is short-lived: with more room than the 48 that Node gives, the collector finds less of it alive. */
const YOUNG_MEGABYTES_MAX = 192;
const START_TIMEOUT_MS = 60_000;
const END_TIMEOUT_MS = 5_000;
/** How long before the deadline the heartbeat is looked at a first time, to tell a slow run from one that stands. */
const WATCH_MS_MAX = 1_000;

/** One thread. Is of no use any more (`isDead`) after a run that hung or crashed it. */
export class PoolWorker {
  readonly #worker: Worker;
  readonly #heartbeat = new Heartbeat();
  readonly #options: PoolWorkerOptions;
  readonly #ready: Promise<void>;
  #runs = 0;
  #isDead = false;
  #onMessage: (message: WorkerMessage) => void = () => {};
  #onEnd: (error: unknown) => void = () => {};

  constructor(options: PoolWorkerOptions) {
    this.#options = options;
    const start: WorkerStart = {
      runModule: options.runModule,
      heartbeat: this.#heartbeat.memory,
    };
    this.#worker = new Worker(WORKER_URL, {
      workerData: start,
      // Flags of whoever started this process, a test runner for example, are not for the simulation.
      execArgv: [],
      resourceLimits: {
        maxOldGenerationSizeMb: options.heapMegabytesMax,
        maxYoungGenerationSizeMb: YOUNG_MEGABYTES_MAX,
      },
    });
    this.#worker.on("message", (message: WorkerMessage) => this.#onMessage(message));
    this.#worker.on("error", (error) => this.#end(error));
    this.#worker.on("exit", (code) => this.#end(new Error(`the thread ended with status ${code}`)));
    this.#ready = this.#started();
    // Whoever runs something hears of it; nobody may.
    this.#ready.catch(() => {});
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  /** How many runs it was given. */
  get runs(): number {
    return this.#runs;
  }

  /** One run at a time. Rejects with PoolError where the thread never started or was ended by `end`. */
  async run(task: WorkerTask): Promise<PooledRun> {
    await this.#ready;
    this.#runs += 1;
    this.#heartbeat.reset();
    const startMs = performance.now();
    const { plan } = task;
    const { timeoutMs } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<{
      readonly outcome: SimOutcome;
      readonly run: SimulatedRun | undefined;
    }>();
    let before = this.#heartbeat.read();
    const watch = setTimeout(
      () => {
        before = this.#heartbeat.read();
      },
      timeoutMs - Math.min(WATCH_MS_MAX, timeoutMs / 4),
    );
    const deadline = setTimeout(() => {
      const last = this.#heartbeat.read();
      resolve({ outcome: hangOutcome(plan, { before, last, timeoutMs }), run: undefined });
      void this.end();
    }, timeoutMs);
    this.#onMessage = (message) => {
      if (message.type === "outcome") resolve({ outcome: message.outcome, run: undefined });
      if (message.type === "run") resolve({ outcome: message.run.outcome, run: message.run });
      if (message.type === "threw") {
        resolve({
          outcome: crashOutcome(plan, this.#heartbeat.read(), message.error),
          run: undefined,
        });
      }
    };
    this.#onEnd = (error) => {
      if (error instanceof PoolError) reject(error);
      else {
        const outcome = crashOutcome(plan, this.#heartbeat.read(), thrownError(error));
        resolve({ outcome, run: undefined });
      }
    };
    this.#worker.postMessage(task);
    try {
      return { ...(await promise), realMs: performance.now() - startMs };
    } finally {
      clearTimeout(watch);
      clearTimeout(deadline);
    }
  }

  /**
   * Ends the thread, whatever it does; a run under way rejects. Resolves when it has ended, or after a while: a thread that
   * is short of memory may be deaf even to this, and nothing else may wait for it.
   */
  async end(): Promise<void> {
    this.#end(new PoolError("Cannot go on with the run: its thread was ended"));
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, END_TIMEOUT_MS);
    await Promise.race([this.#worker.terminate(), promise]);
    clearTimeout(timer);
    // Nothing keeps the process for the sake of a deaf thread.
    this.#worker.unref();
  }

  async #started(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      reject(new PoolError(`Cannot start a worker: not ready within ${START_TIMEOUT_MS} ms`));
    }, START_TIMEOUT_MS);
    this.#onMessage = ({ type }) => {
      if (type === "ready") resolve();
    };
    this.#onEnd = (error) => {
      const reason = error instanceof Error ? error.message : String(error);
      reject(new PoolError(`Cannot start a worker: ${reason}`, { cause: error }));
    };
    try {
      await promise;
    } finally {
      clearTimeout(timer);
    }
  }

  /** The first cause counts: a thread that died of an error also exits. */
  #end(error: unknown): void {
    if (this.#isDead) return;
    this.#isDead = true;
    this.#onEnd(error);
  }
}
