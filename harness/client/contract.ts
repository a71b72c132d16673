import type { Completion } from "../history/recorder.ts";

/** What a process is asked to do. */
export interface OperationRequest {
  readonly f: string;
  readonly key: string;
  readonly value: unknown;
}

/**
 * One logical, single-threaded user of the store, the client of one process. `invoke` is never called while an earlier
 * operation is under way, nor after one ended in info.
 */
export interface WorkloadClient {
  /**
   * Carries out one operation. `ok`: it happened; `fail`: it did not and never will; `info`: nobody knows. Never
   * rejects, and always settles by itself within a time the client bounds.
   */
  invoke(request: OperationRequest): Promise<Completion>;
  /** Lets go of what the client holds; called once, at the end or when its process ended in info. */
  close(): void;
}

export interface WorkloadClients {
  /** A fresh client for a process whose home is `homeNode`. */
  open(process: number, homeNode: string): WorkloadClient;
}
