import { closeSync, openSync } from "node:fs";
import { open } from "node:fs/promises";
import { waitUntilAnswers } from "../wait-until-answers.ts";
import type { BoundedChild, ChildEnd } from "./bounded-child.ts";
import { startBoundedChild } from "./bounded-child.ts";

export interface NodeProcessOptions {
  readonly name: string;
  /** Program and leading arguments; `--config FILE` is added. */
  readonly program: readonly [file: string, ...leading: string[]];
  readonly configFile: string;
  readonly folder: string;
  readonly logFile: string;
  /** `http://host:port` of the node itself. */
  readonly url: string;
  /** How long it may take to stop when asked to, in milliseconds, before it is killed; default 5,000. */
  readonly stopTimeoutMs?: number | undefined;
  /** Called when it ends without having been asked to. */
  onDeath(error: Error): void;
}

const READY_TIMEOUT_MS = 20_000;
const STOP_TIMEOUT_MS = 5_000;
const LOG_TAIL_BYTES = 4_096;
const LOG_TAIL_LINES = 8;

/** One node of a cluster as a child process: started, killed, paused, resumed and started again under one name. */
export class NodeProcess {
  readonly #options: NodeProcessOptions;
  #child: BoundedChild | undefined;
  #paused = false;

  constructor(options: NodeProcessOptions) {
    this.#options = options;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Starts it and waits until it says that it is ready; rejects with the last lines of its log where it dies before. */
  async start(): Promise<void> {
    const { name } = this.#options;
    if (this.#child !== undefined) throw new Error(`Cannot start node ${name}: it is running`);
    const child = this.#spawn();
    this.#child = child;
    const death = child.gone.then((end) => ({ end }));
    const ready = await Promise.race([this.#waitUntilReady(child), death]);
    if (ready !== undefined) {
      if (this.#child === child) this.#child = undefined;
      throw await this.#deathError(ready.end, "while it started");
    }
    void child.gone.then(async (end) => {
      if (this.#child !== child) return;
      this.#child = undefined;
      this.#options.onDeath(await this.#deathError(end, "on its own"));
    });
  }

  /** kill -9; resolves when the process is gone. */
  async kill(): Promise<void> {
    const child = this.#take();
    child?.signal("SIGKILL");
    await child?.gone;
  }

  /** Asks it to stop, and kills it where it does not; resolves when the process is gone. */
  async stop(): Promise<void> {
    if (this.isRunning) await this.#terminate();
  }

  /** As `stop`, but of a process that runs, and rejects where that ended with anything but exit status 0. */
  async shutDown(): Promise<void> {
    const end = await this.#terminate();
    if (end.exitStatus !== 0) throw await this.#deathError(end, "when it was asked to stop");
  }

  pause(): void {
    this.#running().signal("SIGSTOP");
    this.#paused = true;
  }

  resume(): void {
    this.#running().signal("SIGCONT");
    this.#paused = false;
  }

  get isRunning(): boolean {
    return this.#child !== undefined;
  }

  async #terminate(): Promise<ChildEnd> {
    const { stopTimeoutMs = STOP_TIMEOUT_MS } = this.#options;
    const child = this.#running();
    const wasPaused = this.#paused;
    this.#take();
    if (wasPaused) child.signal("SIGCONT");
    child.signal("SIGTERM");
    const timer = setTimeout(() => child.signal("SIGKILL"), stopTimeoutMs);
    const end = await child.gone;
    clearTimeout(timer);
    return end;
  }

  #spawn(): BoundedChild {
    const { program, configFile, folder, logFile } = this.#options;
    const [file, ...leading] = program;
    const logDescriptor = openSync(logFile, "a");
    try {
      return startBoundedChild({
        file,
        arguments: [...leading, "--config", configFile],
        folder,
        logDescriptor,
      });
    } finally {
      closeSync(logDescriptor);
    }
  }

  async #waitUntilReady(child: BoundedChild): Promise<undefined> {
    const { name, url } = this.#options;
    const failure = await waitUntilAnswers(`${url}/healthz`, {
      timeoutMs: READY_TIMEOUT_MS,
      isGivenUp: () => this.#child !== child,
    });
    if (failure === undefined) return undefined;
    if (this.#child !== child) throw new Error(`Cannot start node ${name}: it was stopped`);
    throw new Error(
      `Cannot start node ${name}: not ready within ${READY_TIMEOUT_MS} ms (${failure})${await this.#logTail()}`,
    );
  }

  /** From here on its end is expected. */
  #take(): BoundedChild | undefined {
    const child = this.#child;
    this.#child = undefined;
    this.#paused = false;
    return child;
  }

  #running(): BoundedChild {
    if (this.#child === undefined) {
      throw new Error(`Cannot signal node ${this.#options.name}: it is not running`);
    }
    return this.#child;
  }

  async #deathError({ phrase }: ChildEnd, when: string): Promise<Error> {
    const { name } = this.#options;
    return new Error(`Node ${name} died ${when} with ${phrase}${await this.#logTail()}`);
  }

  async #logTail(): Promise<string> {
    const lines = await lastLines(this.#options.logFile);
    return lines.length === 0 ? "; its log is empty" : `; the end of its log:\n${lines.join("\n")}`;
  }
}

/** The end of a file, at most a few lines of it. */
async function lastLines(path: string): Promise<readonly string[]> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const length = Math.min(size, LOG_TAIL_BYTES);
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
    const lines = buffer.toString("utf8").trim().split("\n");
    return lines.filter((line) => line !== "").slice(-LOG_TAIL_LINES);
  } finally {
    await file.close();
  }
}
