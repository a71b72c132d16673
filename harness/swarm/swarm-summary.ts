import type { SimFaultKind } from "../drivers/sim/world-plan.ts";
import type { Expectation, Verdict } from "../run/plan.ts";
import type { PooledRun } from "./pool-worker.ts";
import type { Finding } from "./sim-outcome.ts";

/** A point of the assertion catalogue, as far as a swarm cares. */
export interface CataloguePoint {
  readonly name: string;
  /** True: a swarm of all standard seeds that never gets there has failed. */
  readonly required: boolean;
}

export interface SwarmFinding extends Finding {
  readonly seed: number;
  /** Replays the seed. */
  readonly command: string;
  /** Replays the plan that it was shrunk to; absent where nobody shrank it. */
  readonly shrunkCommand?: string;
}

/** `swarm.json`. */
export interface SwarmSummary {
  readonly format: "ringside-swarm";
  readonly version: 1;
  /** False where something was found, or a required point was not reached though enough seeds were run. */
  readonly passed: boolean;
  readonly seedFirst: number;
  readonly seedsRun: number;
  /** False where it was interrupted or stopped at its first finding. */
  readonly finished: boolean;
  readonly jobs: number;
  readonly realMs: number;
  readonly virtualMs: number;
  /** Requests that reached a node's HTTP API, all seeds together. */
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly events: number;
  readonly operations: {
    readonly attempted: number;
    readonly ok: number;
    readonly fail: number;
    readonly info: number;
  };
  readonly lost: number;
  /** Answers that showed an overwritten write again after more others than versions list (K-11). */
  readonly forgottenRepeats: number;
  readonly faults: Readonly<Partial<Record<SimFaultKind, number>>>;
  /** Seeds by what their plan expects and what came out. */
  readonly verdicts: Readonly<Record<Expectation["verdict"], Readonly<Record<Verdict, number>>>>;
  readonly slowest: readonly {
    readonly seed: number;
    readonly realMs: number;
    readonly virtualMs: number;
    readonly events: number;
  }[];
  readonly seedsFailed: number;
  /** By seed; of the first so many failed seeds only. */
  readonly findings: readonly SwarmFinding[];
  /** Points of the assertion catalogue by name, with how often they were reached. */
  readonly reached: Readonly<Record<string, number>>;
  readonly unreached: readonly string[];
  readonly requiredUnreached: readonly string[];
}

/** Fewer seeds may well miss a rare point. */
const STANDARD_SEEDS = 200;
const SLOWEST_MAX = 10;
const FAILED_SEEDS_MAX = 100;
const FINDINGS_OF_SEED_MAX = 5;

/** The command that replays one seed. */
function replayCommand(seed: number): string {
  return `npm run sim -- --seed ${seed}`;
}

/** Adds outcomes up; takes the same memory however many there are. */
export class SwarmTally {
  readonly #verdicts = { valid: zeroVerdicts(), "may-lose": zeroVerdicts() };
  readonly #faults = new Map<SimFaultKind, number>();
  readonly #reached = new Map<string, number>();
  readonly #operations = { attempted: 0, ok: 0, fail: 0, info: 0 };
  #slowest: SwarmSummary["slowest"] = [];
  #findings: readonly SwarmFinding[] = [];
  #seedsRun = 0;
  #seedsFailed = 0;
  #virtualMs = 0;
  #requests = 0;
  #events = 0;
  #lost = 0;
  #forgottenRepeats = 0;

  get seedsRun(): number {
    return this.#seedsRun;
  }

  get seedsFailed(): number {
    return this.#seedsFailed;
  }

  get requests(): number {
    return this.#requests;
  }

  get virtualMs(): number {
    return this.#virtualMs;
  }

  add({ outcome, realMs }: Pick<PooledRun, "outcome" | "realMs">): void {
    const { plan, findings, virtualMs, events } = outcome;
    this.#seedsRun += 1;
    this.#virtualMs += virtualMs;
    this.#requests += outcome.requests;
    this.#events += events;
    this.#lost += outcome.lost;
    this.#forgottenRepeats += outcome.forgottenRepeats;
    this.#verdicts[plan.run.expects.verdict][outcome.verdict] += 1;
    for (const name of ["attempted", "ok", "fail", "info"] as const) {
      this.#operations[name] += outcome.operations[name];
    }
    addAll(this.#faults, Object.entries(outcome.faults) as [SimFaultKind, number][]);
    addAll(this.#reached, Object.entries(outcome.reached));
    this.#slowest = [...this.#slowest, { seed: plan.seed, realMs, virtualMs, events }]
      .sort((left, right) => right.realMs - left.realMs)
      .slice(0, SLOWEST_MAX);
    if (findings.length === 0) return;
    this.#seedsFailed += 1;
    if (this.#seedsFailed > FAILED_SEEDS_MAX) return;
    const { seed } = plan;
    const shown = findings.slice(0, FINDINGS_OF_SEED_MAX);
    this.#findings = [
      ...this.#findings,
      ...shown.map((finding) => ({ seed, ...finding, command: replayCommand(seed) })),
    ];
  }

  summary(of: {
    readonly seedFirst: number;
    readonly finished: boolean;
    readonly jobs: number;
    readonly realMs: number;
    readonly points: readonly CataloguePoint[];
  }): SwarmSummary {
    const unreached = of.points.filter(({ name }) => !this.#reached.has(name));
    const requiredUnreached = unreached.filter(({ required }) => required).map(({ name }) => name);
    const enough = of.finished && of.seedFirst === 1 && this.#seedsRun >= STANDARD_SEEDS;
    return {
      format: "ringside-swarm",
      version: 1,
      passed: this.#seedsFailed === 0 && (!enough || requiredUnreached.length === 0),
      seedFirst: of.seedFirst,
      seedsRun: this.#seedsRun,
      finished: of.finished,
      jobs: of.jobs,
      realMs: of.realMs,
      virtualMs: this.#virtualMs,
      requests: this.#requests,
      requestsPerSecond: of.realMs > 0 ? (this.#requests * 1_000) / of.realMs : 0,
      events: this.#events,
      operations: { ...this.#operations },
      lost: this.#lost,
      forgottenRepeats: this.#forgottenRepeats,
      faults: sortedRecord(this.#faults),
      verdicts: {
        valid: { ...this.#verdicts.valid },
        "may-lose": { ...this.#verdicts["may-lose"] },
      },
      slowest: this.#slowest,
      seedsFailed: this.#seedsFailed,
      // Threads end in any order.
      findings: this.#findings.toSorted((left, right) => left.seed - right.seed),
      reached: sortedRecord(this.#reached),
      unreached: unreached.map(({ name }) => name),
      requiredUnreached,
    };
  }
}

function zeroVerdicts(): Record<Verdict, number> {
  return { valid: 0, invalid: 0, unknown: 0 };
}

function addAll<Name>(
  sums: Map<Name, number>,
  entries: readonly (readonly [Name, number])[],
): void {
  for (const [name, count] of entries) sums.set(name, (sums.get(name) ?? 0) + count);
}

function sortedRecord<Name extends string>(sums: ReadonlyMap<Name, number>): Record<Name, number> {
  const entries = [...sums].sort(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(entries) as Record<Name, number>;
}
