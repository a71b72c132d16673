/** Where an operation stands: asked for, happened, did not happen, unknown (Jepsen's four). */
export type OperationType = "invoke" | "ok" | "fail" | "info";

/**
 * One line of `history.jsonl` about a client: an invocation or its completion. A process has one operation
 * under way at a time; after `info` it never acts again and a new process takes its place.
 */
export interface Operation {
  /** Position in the history, from 0, without gaps. */
  readonly index: number;
  readonly process: number;
  /** The node that was asked, or, for an invocation, the process's home node. */
  readonly node: string;
  readonly type: OperationType;
  /** The function: `add`, `remove`, `view`, ... */
  readonly f: string;
  readonly key: string;
  /** What was added, removed or seen; null where not known (yet). */
  readonly value: unknown;
  /** Nanoseconds since the start of the run, monotonic. */
  readonly timeNs: number;
  /** When the schedule wanted the operation to begin; latency counts from here. */
  readonly intendedNs: number;
  /** Code of the error of a `fail` or `info`. */
  readonly error?: string;
  /** What the process had read before it wrote; a remove is excused by it alone. */
  readonly readSet?: readonly string[];
  /** How many versions the read behind this operation returned. */
  readonly versions?: number;
  /** Name of the version that a write made; no other write has it. */
  readonly wrote?: string;
  /** Names of the versions that the read behind this operation returned: a write's context covers these. */
  readonly saw?: readonly string[];
}

/** A fault began or ended; the same times stand in `faults.json`. */
export interface FaultLine {
  readonly index: number;
  readonly type: "fault";
  readonly phase: "apply-start" | "applied" | "heal-start" | "healed";
  readonly fault: string;
  readonly timeNs: number;
}

/** After settling: the read of one key with R=N through one node (`node` is set), or one replica's own copy. */
export interface FinalRead {
  readonly index: number;
  readonly type: "final-read" | "replica-read";
  readonly node: string;
  readonly key: string;
  /** Reconciled value (final-read); null where the key was absent. */
  readonly value: unknown;
  readonly versions: number;
  /** Hex digest of the replica's canonical record (replica-read); null where it holds none. */
  readonly digest?: string | null;
  /** Names of the versions (final-read). */
  readonly saw?: readonly string[];
  readonly error?: string;
  readonly timeNs: number;
}

/**
 * A point in the run every checker may rely on: `healed`, `quiesced` (hints drained) or `unsettled`. Where all nodes crash at the
 * end there are two of each; the last one counts.
 */
export interface Marker {
  readonly index: number;
  readonly type: "marker";
  readonly name: "healthy" | "healed" | "quiesced" | "unsettled";
  readonly timeNs: number;
  readonly detail?: string;
  /** With `healed`, where nodes have joined or left: who is to be asked from now on. Absent: all nodes of the header. */
  readonly members?: readonly string[];
}

/** After settling, before anything is read back: what one node tells of its hash trees. */
export interface TreeRoots {
  readonly index: number;
  readonly type: "tree-roots";
  readonly node: string;
  readonly isBuilt: boolean;
  /** By partition: the root in hexadecimal; only partitions that the node replicates and that hold keys. */
  readonly roots: Readonly<Record<string, string>>;
  readonly error?: string;
  readonly timeNs: number;
}

export type HistoryLine = Operation | FaultLine | FinalRead | Marker | TreeRoots;

/** First line of `history.jsonl`. */
export interface HistoryHeader {
  readonly format: "ringside-history";
  readonly version: 1;
  readonly workload: string;
  readonly seed: number;
  /** Node names, in order. */
  readonly nodes: readonly string[];
}
