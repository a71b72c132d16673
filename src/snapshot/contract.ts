import type { HttpCaller } from "../client/http-caller.ts";
import type { Clock } from "../env/clock.ts";

/** Where the files of one snapshot are. All functions reject with SnapshotError, one line, where the disk refuses. */
export interface SnapshotFiles {
  /** Begins a file; until it is finished there is none of that name, or the one from before. */
  create(name: string): Promise<NewFile>;
  /** Undefined where there is no such file. */
  measure(name: string): Promise<FileMeasure | undefined>;
  /** The file from its beginning, in pieces. */
  read(name: string): AsyncIterable<Uint8Array>;
  /** What is not there is removed already. */
  remove(name: string): Promise<void>;
  names(): Promise<readonly string[]>;
  /** Resolves when the names of all files that are finished or removed are synced. */
  syncNames(): Promise<void>;
}

export interface NewFile {
  write(bytes: Uint8Array): Promise<void>;
  /** The file is synced, and there under its name, once this resolves; where the name is synced, `syncNames` tells. */
  finish(): Promise<FileMeasure>;
  discard(): Promise<void>;
}

export interface FileMeasure {
  readonly bytes: number;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
}

/** What taking and restoring need of the world. */
export interface SnapshotEnvironment {
  readonly http: HttpCaller;
  readonly clock: Pick<Clock, "monotonicMs" | "wallMs" | "setTimer">;
  readonly files: SnapshotFiles;
  readonly onProgress?: ((progress: SnapshotProgress) => void) | undefined;
}

export interface SnapshotProgress {
  readonly phase: "reading" | "checking" | "restoring";
  readonly partitionsDone: number;
  readonly partitions: number;
  /** So far in this phase. */
  readonly rows: number;
  readonly bytes: number;
}

/** How patiently nodes are asked. */
export interface Patience {
  /** For one page of rows, in milliseconds. */
  readonly timeoutMs: number;
  /** How often a request is made at most, and a partition taken, before they count as failed. */
  readonly triesMax: number;
  /** From one attempt to the next. */
  readonly pauseMs: number;
}

export const PATIENCE: Patience = { timeoutMs: 10_000, triesMax: 3, pauseMs: 500 };

/** A snapshot cannot be taken, read or restored; one line for people. `use`: the caller can put it right in the call. */
export class SnapshotError extends Error {
  override readonly name = "SnapshotError";
  readonly kind: "use" | "failure";

  constructor(kind: SnapshotError["kind"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}
