import type { Histogram } from "hdr-histogram-js";
import { build } from "hdr-histogram-js";
import { utf8Bytes } from "../../src/base/bytes.ts";
import { SeededRandom } from "../../src/base/seeded-random.ts";
import type { VersioningMode } from "../../src/causality/versioning.ts";
import { ClientError } from "../../src/client/contract.ts";
import { RingsideClient } from "../../src/client/ringside-client.ts";
import type { RoutingKind } from "../../src/client/routing.ts";
import type { WriteCoordinator } from "../../src/coordinator/write-candidates.ts";
import type { SimCluster } from "../drivers/sim/sim-cluster.ts";
import { passTime, simBenchCluster, stallDisks } from "./sim-bench-cluster.ts";
import { ValueHistory } from "./value-history.ts";
import { Zipf } from "./zipf.ts";

/**
 * What the choice of a write's coordinator does (D-5-9): clients read a key, write what follows with the context of the read, and read it
 * again, each request through a node drawn at random, as behind a load balancer, or by clients that know the ring. Keys are Zipf-distributed, so that clients race for
 * the popular ones; disks stall now and then. R=W=1, for with quorums that meet nobody misses an own write.
 */
export interface CoordinatorTrial {
  readonly policy: WriteCoordinator;
  readonly versioning: VersioningMode;
  /** Whom clients ask; default any. */
  readonly routing?: RoutingKind;
  /** Writes of all clients together. */
  readonly writes: number;
  /** Of chance, and of where the keys lie on the ring. */
  readonly seed: number;
}

export interface CoordinatorResult {
  /** The most writes that one node coordinated, over the mean of all nodes. */
  readonly loadMaxToMean: number;
  /** Of puts, in microseconds. */
  readonly latenciesUs: Histogram;
  /** Of gets. */
  readonly getLatenciesUs: Histogram;
  /** Hops between nodes until a coordinator had the write, on average of the acknowledged ones. */
  readonly forwardsPerWrite: number;
  readonly acknowledged: number;
  /** Share of the reads after an own write that showed neither it nor what came of it. */
  readonly missedOwnShare: number;
  /** Share of reads that found several versions. */
  readonly siblingsShare: number;
  /** Acknowledged writes that are neither there in the end, nor were read by anybody whose write led there. */
  readonly lost: number;
}

const NODES = 6;
const CLIENTS = 24;
const KEYS = 200;
const ZIPF_EXPONENT = 1;
const THINK_MS = 5;
const TIMEOUT_MS = 2_000;
const SETTLE_MS = 5_000;
const UNTIL_MS = 3_600_000;
const STALLS = { everyMs: 2_000, lastsMs: 50, readMs: 25, writeMs: 25 };

/** The trials of so many seeds as one: sums, and the means of loads and shares. */
export async function runCoordinatorTrials(
  trial: Omit<CoordinatorTrial, "seed">,
  seeds: number,
): Promise<CoordinatorResult> {
  const results: CoordinatorResult[] = [];
  for (let seed = 1; seed <= seeds; seed += 1) {
    results.push(await runCoordinatorTrial({ ...trial, seed }));
  }
  const sum = (of: (result: CoordinatorResult) => number) =>
    results.reduce((total, result) => total + of(result), 0);
  const latenciesUs = newHistogram();
  const getLatenciesUs = newHistogram();
  for (const result of results) {
    latenciesUs.add(result.latenciesUs);
    getLatenciesUs.add(result.getLatenciesUs);
  }
  return {
    loadMaxToMean: sum(({ loadMaxToMean }) => loadMaxToMean) / seeds,
    latenciesUs,
    getLatenciesUs,
    forwardsPerWrite: sum(({ forwardsPerWrite }) => forwardsPerWrite) / seeds,
    acknowledged: sum(({ acknowledged }) => acknowledged),
    missedOwnShare: sum(({ missedOwnShare }) => missedOwnShare) / seeds,
    siblingsShare: sum(({ siblingsShare }) => siblingsShare) / seeds,
    lost: sum(({ lost }) => lost),
  };
}

async function runCoordinatorTrial(trial: CoordinatorTrial): Promise<CoordinatorResult> {
  const { policy, versioning, seed } = trial;
  const cluster = simBenchCluster({
    seed,
    plan: { nodes: NODES, r: 1, w: 1, versioning },
    world: {
      network: { minMs: 0.2, meanMs: 1 },
      diskRead: { minMs: 0.05, meanMs: 0.3 },
      settings: { writeCoordinator: policy, antiEntropyMs: 500 },
    },
  });
  return await cluster.scheduler.run(measure(cluster, trial), { untilMs: UNTIL_MS });
}

async function measure(
  cluster: SimCluster,
  { writes, seed, routing = "any" }: CoordinatorTrial,
): Promise<CoordinatorResult> {
  await cluster.start();
  const random = new SeededRandom(`coordinators ${seed}`);
  const load = new Load(cluster, `keys ${seed}`, { routing, random: random.fork("library") });
  const endStalls = stallDisks(cluster, STALLS, random.fork("stalls"));
  await Promise.all(
    Array.from({ length: CLIENTS }, (_, client) =>
      load.ask(Math.ceil(writes / CLIENTS), random.fork(`client ${client}`)),
    ),
  );
  endStalls();
  const countsOf = (counter: string) =>
    [...cluster.simNodes.values()].map(({ metrics }) => metrics?.counters().get(counter) ?? 0);
  const coordinated = countsOf("ringside_writes_coordinated_total");
  const forwards = countsOf("ringside_writes_forwarded_total").reduce((a, b) => a + b);
  await passTime(cluster, SETTLE_MS);
  const lost = await load.lost();
  await cluster.stop();
  const { counts, latenciesUs, getLatenciesUs } = load;
  return {
    loadMaxToMean: (Math.max(...coordinated) * NODES) / coordinated.reduce((a, b) => a + b),
    latenciesUs,
    getLatenciesUs,
    forwardsPerWrite: forwards / counts.acknowledged,
    acknowledged: counts.acknowledged,
    missedOwnShare: counts.missedOwn / counts.acknowledged,
    siblingsShare: counts.withSiblings / counts.reads,
    lost,
  };
}

function newHistogram(): Histogram {
  return build({ lowestDiscernibleValue: 1, numberOfSignificantValueDigits: 3 });
}

function record(histogramUs: Histogram, ms: number): void {
  histogramUs.recordValue(Math.max(1, Math.round(1_000 * ms)));
}

/** The clients' requests and what became of them. */
class Load {
  readonly counts = { reads: 0, withSiblings: 0, acknowledged: 0, missedOwn: 0 };
  readonly latenciesUs = newHistogram();
  readonly getLatenciesUs = newHistogram();
  readonly #cluster: SimCluster;
  readonly #prefix: string;
  readonly #libraries: readonly RingsideClient[];
  readonly #keys = new Zipf(KEYS, ZIPF_EXPONENT);
  readonly #histories = Array.from({ length: KEYS }, () => new ValueHistory());

  constructor(
    cluster: SimCluster,
    prefix: string,
    { routing, random }: { readonly routing: RoutingKind; readonly random: SeededRandom },
  ) {
    this.#cluster = cluster;
    this.#prefix = prefix;
    const nodeUrls = Object.fromEntries(
      cluster.nodes.map((node) => [node, cluster.addresses(node).direct]),
    );
    this.#libraries = cluster.nodes.map((node) => {
      const parts = { clock: cluster.scheduler, http: cluster.http, random: random.fork(node) };
      const endpoints = [cluster.addresses(node).direct];
      const options = { timeoutMs: TIMEOUT_MS, retriesMax: 0, routing, nodeUrls };
      return new RingsideClient(parts, { endpoints, ...options });
    });
  }

  /** One client: so many times it reads, writes and reads again. */
  async ask(times: number, random: SeededRandom): Promise<void> {
    for (let time = 0; time < times; time += 1) {
      await passTime(this.#cluster, 2 * THINK_MS * random.float());
      const rank = this.#keys.draw(random);
      try {
        await this.#readAndWrite(rank, random);
      } catch (error) {
        // Refused or in doubt: it counts for nothing, and whether it happened the histories know.
        if (!(error instanceof ClientError)) throw error;
      }
    }
  }

  /** Acknowledged values that no final version comes from. */
  async lost(): Promise<number> {
    let lost = 0;
    for (const [rank, history] of this.#histories.entries()) {
      const { siblings } = await this.#library(0).get(this.#keyOf(rank), { r: 3 });
      lost += history.lostBeside(siblings.map(({ bytes }) => Number(Buffer.from(bytes))));
    }
    return lost;
  }

  async #readAndWrite(rank: number, random: SeededRandom): Promise<void> {
    const { scheduler } = this.#cluster;
    const history = this.#histories[rank] ?? new ValueHistory();
    const before = await this.#read(rank, random);
    const value = history.begin(before.values);
    const startMs = scheduler.monotonicMs();
    const { context } = before;
    await this.#library(random.integer(NODES)).put(this.#keyOf(rank), utf8Bytes(`${value}`), {
      context,
    });
    record(this.latenciesUs, scheduler.monotonicMs() - startMs);
    history.acknowledged(value);
    this.counts.acknowledged += 1;
    const after = await this.#read(rank, random);
    if (!history.comesFrom(after.values, value)) this.counts.missedOwn += 1;
  }

  async #read(rank: number, random: SeededRandom) {
    const { scheduler } = this.#cluster;
    const startMs = scheduler.monotonicMs();
    const { siblings, context } = await this.#library(random.integer(NODES)).get(this.#keyOf(rank));
    record(this.getLatenciesUs, scheduler.monotonicMs() - startMs);
    this.counts.reads += 1;
    if (siblings.length > 1) this.counts.withSiblings += 1;
    return { context, values: siblings.map(({ bytes }) => Number(Buffer.from(bytes))) };
  }

  #keyOf(rank: number): Uint8Array {
    return utf8Bytes(`${this.#prefix} ${rank}`);
  }

  #library(at: number): RingsideClient {
    const library = this.#libraries[at];
    if (library === undefined) throw new RangeError(`Cannot ask node ${at}: there is none`);
    return library;
  }
}
