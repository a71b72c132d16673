import type { Truncation, VersioningMode } from "../../src/causality/versioning.ts";

export const RECONCILERS = ["union", "or-set", "lww"] as const;
export const NEMESIS_KINDS = [
  "halves",
  "one",
  "ring",
  "bridge",
  "one-way",
  "datacenter",
  "crash",
  "pause",
  "slow",
  "restart",
  "wipe",
  "disconnect",
  "cpu",
  "memory",
  "disk-full",
  "clock",
  "none",
] as const;

export type Reconciler = (typeof RECONCILERS)[number];
export type NemesisKind = (typeof NEMESIS_KINDS)[number];
export type FaultKind = Exclude<NemesisKind, "none">;

/** Verdicts, worst first: invalid beats unknown beats valid. */
export type Verdict = "valid" | "invalid" | "unknown";

/** What a run must come out as, and why anything less is allowed (architecture, section 8). */
export interface Expectation {
  readonly verdict: "valid" | "may-lose";
  readonly reason: string;
}

/** A cluster that the run finds and leaves running. */
export interface ExternalPlan {
  /** `http://host:port` of each node. */
  readonly targets: readonly string[];
  /** Where the nodes reach Toxiproxy, if it is not the host of its URL. */
  readonly toxiproxyHost?: string;
  /** `first-last`: where Toxiproxy may listen for this run. */
  readonly toxiproxyPorts?: string;
}

/** Datacenters dc1, dc2, ..., among which the nodes are dealt out in turn. */
export interface DatacentersPlan {
  readonly count: number;
  /** Copies of each range that each keeps, N together; undefined: as even as can be. */
  readonly replicas?: readonly number[];
}

/** Everything that defines a run; `plan.json`, written first, is enough to repeat it. */
export interface Plan {
  readonly format: "ringside-plan";
  readonly version: 1;
  readonly workload: string;
  readonly cluster: "processes" | "docker" | "external" | "sim";
  readonly nodes: number;
  readonly n: number;
  readonly r: number;
  readonly w: number;
  readonly partitions: number;
  readonly quorum: "sloppy" | "strict";
  readonly versioning: VersioningMode;
  /** Undefined: clocks are never cut. */
  readonly truncate?: Truncation["rule"];
  /** Only with `truncate`: its threshold. */
  readonly clockEntriesMax?: number;
  readonly reconcile: Reconciler;
  readonly engine: "lmdb" | "memory" | "sqlite";
  /** Rows that a node may acknowledge before they are stored; absent: none. */
  readonly writeBufferObjects?: number;
  /** Whether the nodes exchange hash trees, whose roots must then be told at the end; absent: nobody knows. */
  readonly antiEntropy?: boolean;
  /** Absent: nodes have no datacenters. */
  readonly datacenters?: DatacentersPlan;
  readonly nemesis: readonly NemesisKind[];
  /** Operations begun each second. */
  readonly rate: number;
  readonly clients: number;
  readonly carts: number;
  readonly clientsRoam: boolean;
  /** Absent: each client asks its home node first. */
  readonly clientRouting?: "owners";
  readonly seconds: number;
  readonly seed: number;
  /** Only with `cluster` external. */
  readonly external?: ExternalPlan;
  /** URL of a Toxiproxy that is already there; undefined starts the embedded one, or with `cluster` external none. */
  readonly toxiproxyUrl: string | undefined;
  /** Image of Toxiproxy's container; undefined where there is none, or for the official one or else our own. */
  readonly toxiproxyImage?: string | undefined;
  /** For example `p99.9<300ms`; undefined asks for nothing. */
  readonly slo: string | undefined;
  readonly beyondBudget: boolean;
  readonly expects: Expectation;
}
