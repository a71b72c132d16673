import type { VersioningMode } from "../../src/causality/versioning.ts";
import type { BenchEngine } from "./http-options.ts";

/** What a service declares: the paper's SLA (2.2, 6), and how much more it must be able to carry. */
export interface DeclaredSla {
  /** Requests a second at which the latencies hold. */
  readonly ratePerSecond: number;
  /** Of 1,000 reads, and of 1,000 writes, 999 are answered sooner. */
  readonly p999Ms: number;
  /** What saturated nodes serve at least, in requests a second. */
  readonly saturatedPerSecond: number;
}

/** One of the paper's patterns of use (section 6), and the choice of N, R, W, engine and buffer that is to serve it. */
export interface UsageProfile {
  readonly name: string;
  readonly n: number;
  readonly r: number;
  readonly w: number;
  readonly versioning: VersioningMode;
  readonly engine: BenchEngine;
  /** Rows that a node acknowledges before they are stored; 0: none. */
  readonly writeBuffer: number;
  /** Of the visits, those that write after they have read. */
  readonly writeShare: number;
  /** Reconciled: writes bring the context of what was read and merged. Blind: the last one wins. */
  readonly writes: "reconciled" | "blind";
  readonly valueBytes: number;
  readonly sla: DeclaredSla;
}

const SLA: DeclaredSla = { ratePerSecond: 500, p999Ms: 300, saturatedPerSecond: 1_000 };

export const USAGE_PROFILES: readonly UsageProfile[] = [
  {
    // Business logic reconciles: a cart is read, merged and written back; no add may be lost.
    name: "carts",
    ...{ n: 3, r: 2, w: 2, versioning: "dvvset", engine: "lmdb", writeBuffer: 0 },
    ...{ writeShare: 1, writes: "reconciled", valueBytes: 1_024, sla: SLA },
  },
  {
    // The largest time wins: a session is refreshed at each click, and the last click is what counts.
    name: "sessions",
    ...{ n: 3, r: 2, w: 2, versioning: "lww-hybrid", engine: "lmdb", writeBuffer: 1_000 },
    ...{ writeShare: 1, writes: "blind", valueBytes: 1_024, sla: SLA },
  },
  {
    // A high-performance read engine: many reads of one copy each, few writes that wait for all copies.
    name: "catalogue",
    ...{ n: 3, r: 1, w: 3, versioning: "dvvset", engine: "lmdb", writeBuffer: 0 },
    ...{ writeShare: 0.02, writes: "reconciled", valueBytes: 4_096, sla: SLA },
  },
];
