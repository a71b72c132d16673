/** One version of a value. */
export interface ClientValue {
  readonly bytes: Uint8Array;
  readonly contentType: string;
}

/** What a read returns: no, one or several versions, and one context that covers them all (D-4.1-1). */
export interface ReadResult {
  readonly siblings: readonly ClientValue[];
  /**
   * Opaque; goes back with the write that replaces what was read. Empty where the key's clock is too long for one: a put with it is
   * a blind write, and a delete is refused.
   */
  readonly context: string;
  /** True where it falls short of what the caller said that it knows (`ReadOptions`); else absent. */
  readonly isStale?: true;
}

export interface RequestOptions {
  /** Replicas a read needs; the cluster's own where absent. */
  readonly r?: number;
  /** Strict: no fallback stands in for a silent replica, to be read or to keep a hint; the cluster's own where absent. */
  readonly quorum?: "sloppy" | "strict";
  /** Acknowledgements a write needs; the cluster's own where absent. */
  readonly w?: number;
  /** Most time the whole call may take, in milliseconds, retries included. */
  readonly timeoutMs?: number;
}

export interface ReadOptions extends RequestOptions {
  /** Whether a replica that holds nothing counts for R (K-22); the cluster's own where absent. */
  readonly notFound?: "count" | "ignore";
  /** The context or the session token that the answer shall cover at least (K-15); one of them. */
  readonly atLeast?: { readonly context: string } | { readonly session: string };
  /** Takes an answer that falls short of `atLeast` for a failure, `stale-read`, and asks on. Default false. */
  readonly requireFresh?: boolean;
}

export interface WriteOptions extends RequestOptions {
  /** The context of the read this write follows; absent: a blind write, which becomes a sibling. */
  readonly context?: string;
  readonly contentType?: string;
}

/** A Dynamo as an application sees it (paper 4.1). Every method throws ClientError and nothing else. */
export interface Store {
  get(key: Uint8Array, options?: ReadOptions): Promise<ReadResult>;
  put(key: Uint8Array, value: Uint8Array, options?: WriteOptions): Promise<void>;
  /** Needs the context that was read. */
  delete(key: Uint8Array, options: WriteOptions & { readonly context: string }): Promise<void>;
}

/** A request that did not succeed. `definite`: it did not happen; otherwise it may have or may yet. */
export class ClientError extends Error {
  override readonly name = "ClientError";
  readonly code: string;
  readonly definite: boolean;

  constructor(code: string, definite: boolean, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.definite = definite;
  }
}
