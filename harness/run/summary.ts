import type { DatacentersPlan, Expectation, Verdict } from "./plan.ts";

/** Latencies from the intended start, in milliseconds. */
export interface LatencySummary {
  readonly count: number;
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  /** Under 10,000 samples a p99.9 says little. */
  readonly fewSamples: boolean;
}

/** What one checker found; checkers add fields of their own. */
export interface CheckerResult {
  readonly verdict: Verdict;
  /** One sentence each, worst first; empty where valid. */
  readonly reasons: readonly string[];
  readonly [detail: string]: unknown;
}

export interface PhaseAvailability {
  /** `healthy` or the fault's name. */
  readonly phase: string;
  /** Node names of one side, joined by `+`; `all` where there are no sides. */
  readonly side: string;
  readonly f: string;
  readonly attempted: number;
  readonly ok: number;
}

/** `summary.json`. */
export interface Summary {
  readonly format: "ringside-summary";
  readonly version: 1;
  readonly verdict: Verdict;
  readonly expects: Expectation;
  readonly reasons: readonly string[];
  readonly workload: string;
  readonly seed: number;
  readonly cluster: {
    readonly driver: string;
    readonly nodes: number;
    readonly n: number;
    readonly r: number;
    readonly w: number;
    readonly quorum: string;
    readonly versioning: string;
    readonly reconcile: string;
    readonly engine: string;
    /** Absent: nodes have none. */
    readonly datacenters?: DatacentersPlan;
  };
  readonly toxiproxy: { readonly kind: "embedded" | "real" | "none"; readonly version: string };
  readonly operations: {
    readonly attempted: number;
    readonly ok: number;
    readonly fail: number;
    readonly info: number;
  };
  readonly checkers: Readonly<Record<string, CheckerResult>>;
  readonly lostWrites: {
    readonly count: number;
    readonly acknowledged: number;
    readonly examples: readonly {
      readonly key: string;
      readonly value: string;
      readonly index: number;
    }[];
  };
  /** Reads by how many versions they returned. */
  readonly siblings: {
    readonly 1: number;
    readonly 2: number;
    readonly 3: number;
    readonly "4+": number;
  };
  readonly availability: {
    readonly overall: number;
    readonly perPhase: readonly PhaseAvailability[];
  };
  readonly latencyMs: Readonly<Record<string, LatencySummary>>;
  readonly faults: { readonly injected: number; readonly observed: number };
}
