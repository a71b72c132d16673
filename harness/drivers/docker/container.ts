import { waitUntilAnswers } from "../wait-until-answers.ts";
import { DockerError } from "./docker-error.ts";
import { docker } from "./docker-program.ts";
import { logTail } from "./log-tail.ts";

export interface ContainerOptions {
  /** The node's name. */
  readonly node: string;
  /** Docker's name of the container. */
  readonly container: string;
  /** `http://host:port` of the node, past all faults. */
  readonly url: string;
}

const READY_TIMEOUT_MS = 30_000;
const STOP_SECONDS = 10;

/** One node as a container: killed, shut down, paused, resumed and started again under one name. */
export class Container {
  readonly #options: ContainerOptions;
  #state: "running" | "paused" | "ended" = "running";
  #deathExpected = false;
  /** Why it ended, where nobody asked for that. */
  #death: Promise<DockerError> | undefined;
  #memoryKills = 0;
  /** While it has a limit of memory, dying of that is no failure. */
  mayRunOutOfMemory = false;

  constructor(options: ContainerOptions) {
    this.#options = options;
  }

  get isRunning(): boolean {
    return this.#state !== "ended";
  }

  get isPaused(): boolean {
    return this.#state === "paused";
  }

  /** How often a limit of memory has killed it. */
  get memoryKills(): number {
    return this.#memoryKills;
  }

  get container(): string {
    return this.#options.container;
  }

  /** kill -9; resolves when the process is gone. */
  async kill(): Promise<void> {
    if (this.#state === "ended") return;
    this.#deathExpected = true;
    // A frozen process dies only when it is thawed.
    const wasPaused = this.#state === "paused";
    this.#state = "ended";
    if (wasPaused) await this.#docker(["unpause"], "kill");
    await this.#docker(["kill", "--signal", "KILL"], "kill");
    await this.#docker(["wait"], "kill");
  }

  /** Asks it to end and waits until it has; rejects where it had to be killed or failed. */
  async shutDown(): Promise<void> {
    this.#assertRunning("shut down");
    this.#deathExpected = true;
    this.#state = "ended";
    await this.#docker(["stop", "--time", `${STOP_SECONDS}`], "shut down");
    const status = await this.#docker(["wait"], "shut down");
    if (status !== "0") {
      throw new DockerError(
        `Cannot shut down node ${this.#options.node}: it ended with exit status ${status}${await this.#logTail()}`,
      );
    }
  }

  /** Starts an ended one again; resolves once it is ready. `start` replaces `docker start` where the container is new. */
  async start(start?: () => Promise<void>): Promise<void> {
    const { node } = this.#options;
    if (this.#state !== "ended") {
      throw new DockerError(`Cannot start node ${node}: it is running`);
    }
    this.#state = "running";
    this.#deathExpected = false;
    this.#death = undefined;
    try {
      await (start === undefined ? this.#docker(["start"], "start") : start());
      await this.waitUntilReady();
    } catch (error) {
      this.#state = "ended";
      throw error;
    }
  }

  async pause(): Promise<void> {
    this.#assertRunning("pause");
    await this.#docker(["pause"], "pause");
    this.#state = "paused";
  }

  async resume(): Promise<void> {
    this.#assertRunning("resume");
    await this.#docker(["unpause"], "resume");
    this.#state = "running";
  }

  /** Resolves when the node says that it serves; rejects with the end of its log where it ends before, or is too slow. */
  async waitUntilReady(): Promise<void> {
    const { node, url } = this.#options;
    const failure = await waitUntilAnswers(`${url}/healthz`, {
      timeoutMs: READY_TIMEOUT_MS,
      isGivenUp: () => this.#state === "ended",
    });
    if (failure === undefined) return;
    if (this.#death !== undefined) throw await this.#death;
    const reason =
      this.#state === "ended"
        ? "it ended before it was ready"
        : `not ready within ${READY_TIMEOUT_MS} ms (${failure})`;
    throw new DockerError(`Cannot start node ${node}: ${reason}${await this.#logTail()}`);
  }

  /**
   * Looks whether the process has ended, as `how` says. Resolves to the error to report where nobody asked for that; where a
   * limit of memory has killed it, that is counted instead.
   */
  async noteEnd(how: string): Promise<DockerError | undefined> {
    if (this.#state === "ended" || this.#deathExpected) return undefined;
    const format = "{{.State.Running}} {{.State.OOMKilled}}";
    const state = await this.#docker(["inspect", "--format", format], "look at");
    const [isRunning, isOutOfMemory] = state.split(" ").map((word) => word === "true");
    // News of an earlier life may come late, and twice.
    if (isRunning === true || !this.isRunning) return undefined;
    this.#state = "ended";
    if (this.mayRunOutOfMemory && isOutOfMemory === true) {
      this.#memoryKills += 1;
      return undefined;
    }
    this.#deathExpected = true;
    this.#death = this.#deathError(how);
    return this.#death;
  }

  /** From here on its end is expected, whoever brings it about. */
  expectEnd(): void {
    this.#deathExpected = true;
  }

  #logTail(): Promise<string> {
    return logTail(this.#options.container);
  }

  async #deathError(how: string): Promise<DockerError> {
    return new DockerError(
      `Node ${this.#options.node} died on its own with ${how}${await this.#logTail()}`,
    );
  }

  #assertRunning(verb: string): void {
    if (this.#state === "ended") {
      throw new DockerError(`Cannot ${verb} node ${this.#options.node}: it is not running`);
    }
  }

  #docker(args: readonly string[], verb: string): Promise<string> {
    const { node, container } = this.#options;
    return docker([...args, container], { action: `${verb} node ${node}` });
  }
}
