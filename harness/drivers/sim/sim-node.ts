import type { SeededRandom } from "../../../src/base/seeded-random.ts";
import type { Environment } from "../../../src/env/environment.ts";
import type { HttpHandler } from "../../../src/http/exchange.ts";
import { nodeHandler } from "../../../src/http/node-handler.ts";
import { bufferedEngine } from "../../../src/node/buffered-engine.ts";
import type { NodeConfiguration } from "../../../src/node/configuration.ts";
import { DynamoNode } from "../../../src/node/node.ts";
import { byteString } from "../../../src/storage/byte-strings.ts";
import type { Engine } from "../../../src/storage/engine.ts";
import { StorageError } from "../../../src/storage/engine.ts";
import { WriteBuffer } from "../../../src/storage/write-buffer.ts";
import type { SimDisk } from "./disk/sim-disk.ts";
import type { MachineClock } from "./machine-clock.ts";
import type { RowState, WorldObserver } from "./observer.ts";
import type { SimHttpServer } from "./sim-http.ts";
import type { SimLog } from "./sim-log.ts";
import { SimMetrics } from "./sim-metrics.ts";
import type { SimNetwork } from "./sim-network.ts";
import { SimProcess } from "./sim-process.ts";
import { watchBuffer } from "./watch-buffer.ts";

export interface SimNodeParts {
  readonly configuration: NodeConfiguration;
  readonly clock: MachineClock;
  readonly network: SimNetwork;
  readonly disk: SimDisk;
  readonly random: SeededRandom;
  readonly log: SimLog;
  readonly assertions: Environment["assertions"];
  readonly observer?: WorldObserver | undefined;
  /** Told what would have ended a real process: an error that nobody caught. The node is dead then. */
  readonly onCrash: (node: string, error: unknown) => void;
}

/** What a node is while its process lives. */
interface Life {
  /** As the node sees it. */
  readonly engine: Engine;
  readonly process: SimProcess;
  readonly metrics: SimMetrics;
  /** Resolves when the process is gone. */
  readonly died: Promise<undefined>;
  /** What `start` answers. */
  readonly started: Promise<void>;
  /** Undefined until it serves. */
  served: { readonly node: DynamoNode; readonly handler: HttpHandler } | undefined;
  /** What `stop` answers, from its call on. */
  stopping: Promise<boolean> | undefined;
}

/** One machine with the real node on it: it outlives the node's processes. */
export class SimNode {
  readonly name: string;
  readonly disk: SimDisk;
  readonly clock: MachineClock;
  readonly log: SimLog;
  readonly #parts: SimNodeParts;
  #configuration: NodeConfiguration;
  #life: Life | undefined;
  #lifeCount = 0;

  constructor(parts: SimNodeParts) {
    this.name = parts.configuration.nodeId;
    this.#configuration = parts.configuration;
    this.disk = parts.disk;
    this.clock = parts.clock;
    this.log = parts.log;
    this.#parts = parts;
  }

  get configuration(): NodeConfiguration {
    return this.#configuration;
  }

  /** Writes another configuration file, which the next start reads. Throws while a process runs: it would still go by the old one. */
  configure(configuration: NodeConfiguration): void {
    if (this.isRunning) throw new Error(`Cannot configure node ${this.name}: it is running`);
    this.#configuration = configuration;
  }

  get isRunning(): boolean {
    return this.#life !== undefined;
  }

  /** How often the node was started. */
  get lifeCount(): number {
    return this.#lifeCount;
  }

  /** Undefined while the node serves nobody. */
  get node(): DynamoNode | undefined {
    return this.#life?.served?.node;
  }

  get metrics(): SimMetrics | undefined {
    return this.#life?.metrics;
  }

  /** The rows of `records` that the node shows, those in its write buffer among them, by their keys as byte strings. */
  shownRecords(): ReadonlyMap<string, RowState> {
    const engine = this.#life?.engine;
    const held = engine instanceof WriteBuffer ? engine.heldRows("records") : [];
    const stored = this.disk.rows().filter(({ table }) => table === "records");
    return new Map([...stored, ...held].map((row) => [byteString(row.key), row]));
  }

  /** The HTTP server; undefined where a connection would be refused. */
  get server(): SimHttpServer | undefined {
    const life = this.#life;
    return life?.served && { process: life.process, handler: life.served.handler };
  }

  /**
   * Starts the process unless there is one. Resolves when it serves, or has died before; rejects where it cannot start, and is
   * gone then.
   */
  async start(): Promise<void> {
    this.#life ??= this.#begin();
    await this.#life.started;
  }

  /** Ends the process without a word. What its disk had not been told to keep may be gone, after a power failure above all. */
  kill(how: "process" | "power"): void {
    const life = this.#life;
    if (life === undefined) return;
    this.#life = undefined;
    life.process.kill();
    this.disk.crash(how);
  }

  pause(): void {
    const process = this.#life?.process;
    if (process?.state !== "running") return;
    process.pause();
    this.#parts.observer?.processPaused(this.name);
  }

  resume(): void {
    const process = this.#life?.process;
    if (process?.state !== "paused") return;
    this.#parts.observer?.processResumed(this.name);
    process.resume();
  }

  /**
   * SIGTERM: refuses new requests, ends those under way. Resolves when the process is gone, however it went, with true where
   * it ended all; never where a request never ends, nor while it is paused.
   */
  async stop(): Promise<boolean> {
    const life = this.#life;
    // Whoever else has told it to stop waits as well.
    if (life?.stopping !== undefined) return life.stopping;
    if (life?.served === undefined) {
      this.kill("process");
      return false;
    }
    life.stopping = this.#stopInOrder(life, life.served.node);
    return life.stopping;
  }

  async #stopInOrder(life: Life, node: DynamoNode): Promise<boolean> {
    let hasEndedAll = false;
    life.served = undefined;
    life.process.enter(() => {
      node.stop().then(
        () =>
          life.process.enter(() => {
            hasEndedAll = true;
            this.kill("process");
          }),
        (error: unknown) => {
          // A real process says so and exits with 1: what its buffer held is lost, and no bug.
          if (!(error instanceof StorageError)) {
            life.process.fail(error);
            return;
          }
          this.kill("process");
          this.disk.endedWithLess();
        },
      );
    });
    await life.died;
    return hasEndedAll;
  }

  #begin(): Life {
    const { clock, network, disk, random, log, assertions, onCrash, observer } = this.#parts;
    const configuration = this.#configuration;
    this.#lifeCount += 1;
    const process = new SimProcess((error) => {
      onCrash(this.name, error);
      this.kill("process");
    });
    const metrics = new SimMetrics();
    const lifeClock = clock.of(process);
    const environment: Environment = {
      clock: lifeClock,
      wallShift: lifeClock,
      random: random.fork(`life ${this.#lifeCount}`),
      transport: network.transportOf(this.name, process),
      log,
      metrics,
      assertions,
    };
    const died = new Promise<undefined>((resolve) => {
      process.onDeath(() => resolve(undefined));
    });
    const watch = observer && watchBuffer({ node: this.name, observer, disk: this.disk, process });
    const engine = bufferedEngine(environment, configuration, {
      engine: disk.open((callback) => process.enter(callback)),
      ...(watch && { watch }),
    });
    const starting = Promise.race([
      DynamoNode.start(environment, { configuration, engine }),
      died,
    ]).then(
      (node) => {
        const metricsText = async () => "";
        if (node === undefined || process.state === "dead") return;
        life.served = { node, handler: nodeHandler(environment, node, metricsText) };
      },
      (error: unknown) => {
        // A real process exits where it cannot start; another life may have begun by now.
        if (process.state !== "dead") this.kill("process");
        throw error;
      },
    );
    const life: Life = {
      engine,
      process,
      metrics,
      died,
      started: starting,
      served: undefined,
      stopping: undefined,
    };
    return life;
  }
}
