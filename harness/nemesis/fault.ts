/** A directed link, by the names of its ends; clients of a home node are `client-<node>`. */
export interface Link {
  readonly from: string;
  readonly to: string;
}

/** The name of the clients whose home is `node`, as it stands in links. */
export function clientGroup(node: string): string {
  return `client-${node}`;
}

/** One probe of a link by a node over its own RPC connection. */
export interface ProbeResult {
  readonly from: string;
  readonly to: string;
  readonly answered: boolean;
  readonly detail: string;
  /** From the call to the answer, or to giving up; absent where nobody measured. */
  readonly latencyMs?: number;
}

/** That a fault bit: the probes must answer before, fail during, answer after. */
export interface FaultProof {
  readonly before: readonly ProbeResult[];
  readonly during: readonly ProbeResult[];
  readonly after: readonly ProbeResult[];
  readonly bit: boolean;
  /** Why not, in one sentence; empty where it bit. */
  readonly reason: string;
}

/** One fault of a run, as it stands in `faults.json`. Times in nanoseconds since the start of the run. */
export interface FaultRecord {
  /** Unique in the run, for example `2-halves-blackhole`. */
  readonly name: string;
  readonly kind: string;
  /** Links over which the second end does not hear the first. */
  readonly links: readonly Link[];
  /** Nodes that were hit themselves: crashed, paused, limited, and so on. */
  readonly nodes: readonly string[];
  /** Node names by side, where the fault makes sides; else one side with all. */
  readonly sides: readonly (readonly string[])[];
  readonly applyStartNs: number;
  readonly appliedNs: number;
  readonly healStartNs: number;
  readonly healedNs: number;
  readonly proof: FaultProof;
}

/** `faults.json`. */
export interface FaultFile {
  readonly format: "ringside-faults";
  readonly version: 1;
  readonly faults: readonly FaultRecord[];
  /** Links through which no byte passed while the cluster was healthy: somebody goes past the proxies. */
  readonly silentLinks: readonly Link[];
}
