import { join } from "node:path";
import { CleanUp } from "../drivers/clean-up.ts";
import type { BenchCluster } from "./bench-cluster.ts";
import { startBenchCluster } from "./bench-cluster.ts";
import type { HttpBenchFigures } from "./http-figures.ts";
import { failuresOf } from "./http-figures.ts";
import { runHttpLoad } from "./http-load.ts";
import type { BenchEngine } from "./http-options.ts";
import { LoadTally } from "./load-tally.ts";
import { cpuSeconds, preload, withNodesCpu } from "./run-http-bench.ts";

export interface EngineVariant {
  readonly name: string;
  readonly engine: BenchEngine;
  /** Rows that a node may acknowledge before they are stored; 0 for none. */
  readonly writeBuffer: number;
  /** Fields of each node's configuration besides. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

export interface EngineLoad {
  readonly rounds: number;
  /** Measured time of each round on each engine. */
  readonly seconds: number;
  readonly keys: number;
  readonly connections: number;
  readonly valueBytes: number;
  readonly rowCacheBytes: number;
}

export interface EngineFigures {
  /** Of all rounds together. */
  readonly figures: HttpBenchFigures;
  /** Requests a second, by round. */
  readonly rates: readonly number[];
}

const NODE_MAIN = join(import.meta.dirname, "../../src/main.ts");
/** What the round before has left in buffers is stored by then. */
const WARM_UP_SECONDS = 1;

/**
 * The same load on a cluster of three nodes of each variant. All of them stand side by side and take it in short rounds by turns,
 * so that whatever else the machine does meets all alike. Two more rounds before that count for nothing. Leaves nothing behind.
 */
export async function runEngineRounds(
  variants: readonly EngineVariant[],
  load: EngineLoad,
  { signal, progress }: { readonly signal: AbortSignal; progress(line: string): void },
): Promise<ReadonlyMap<string, EngineFigures>> {
  const ended = new AbortController();
  const over = AbortSignal.any([signal, ended.signal]);
  const cleanUp = new CleanUp();
  try {
    const contenders: Contender[] = [];
    for (const variant of variants) {
      over.throwIfAborted();
      progress(`starting ${variant.name}, ${load.keys} keys`);
      const cluster = await startBenchCluster({
        ...variant,
        nodes: 3,
        nodeMain: NODE_MAIN,
        settings: { ...variant.settings, rowCacheBytes: load.rowCacheBytes },
        onDeath: (error) => ended.abort(error),
      });
      cleanUp.add(() => cluster.stop());
      contenders.push(new Contender(variant, cluster, load));
    }
    for (const contender of contenders) await contender.preload(over);
    for (let round = 1 - UNCOUNTED_ROUNDS; round <= load.rounds; round += 1) {
      progress(round > 0 ? `round ${round} of ${load.rounds}` : "warming up");
      for (const contender of turnsOf(contenders, round)) await contender.round(round, over);
    }
    return new Map(contenders.map((each) => [each.variant.name, each.figures()]));
  } finally {
    await cleanUp.run();
  }
}

const UNCOUNTED_ROUNDS = 2;

/** Another begins each round, and every second round goes backwards: none is always behind the same one. */
function turnsOf<T>(all: readonly T[], round: number): readonly T[] {
  const first = (round + UNCOUNTED_ROUNDS) % all.length;
  const turned = [...all.slice(first), ...all.slice(0, first)];
  return round % 2 === 0 ? turned : turned.toReversed();
}

/** One cluster and what was counted under its loads. */
class Contender {
  readonly variant: EngineVariant;
  readonly #cluster: BenchCluster;
  readonly #load: EngineLoad;
  readonly #keys: readonly Buffer[];
  readonly #tally = new LoadTally();
  readonly #rates: number[] = [];
  #nodesCpuSeconds = 0;

  constructor(variant: EngineVariant, cluster: BenchCluster, load: EngineLoad) {
    this.variant = variant;
    this.#cluster = cluster;
    this.#load = load;
    this.#keys = Array.from({ length: load.keys }, (_, index) => Buffer.from(`key-${index}`));
  }

  async preload(signal: AbortSignal): Promise<void> {
    const { valueBytes, connections: writers } = this.#load;
    await preload(this.#cluster.urls, this.#keys, { valueBytes, writers }, signal);
  }

  async round(round: number, signal: AbortSignal): Promise<void> {
    const { urls } = this.#cluster;
    const cpuBefore = await cpuSeconds(urls);
    const tally = await runHttpLoad({
      ...this.#load,
      urls,
      keys: this.#keys,
      warmUpSeconds: WARM_UP_SECONDS,
      seed: UNCOUNTED_ROUNDS + round,
      signal,
    });
    const cpuAfter = await cpuSeconds(urls);
    const figures = tally.figures();
    const [broken] = failuresOf(figures, false);
    if (broken !== undefined) throw new Error(`Cannot compare ${this.variant.name}: ${broken}`);
    if (round < 1) return;
    this.#tally.add(tally);
    this.#nodesCpuSeconds += cpuAfter - cpuBefore;
    this.#rates.push(figures.requestsPerSecond);
  }

  figures(): EngineFigures {
    return { figures: withNodesCpu(this.#tally, this.#nodesCpuSeconds), rates: this.#rates };
  }
}
