/**
 * Every error a client or a peer can be told. `definite`: the operation did not happen and never will;
 * otherwise it may have happened or may yet happen, and the harness counts it as info (paper 4.5, D-4.5-7).
 */
export const ERRORS = {
  "bad-request": { definite: true, status: 400 },
  "bad-key": { definite: true, status: 400 },
  "bad-context": { definite: true, status: 400 },
  "bad-parameter": { definite: true, status: 400 },
  /** `POST /admin/rows`, for what the row itself holds: others of its page may be taken. */
  "row-refused": { definite: true, status: 400 },
  "not-found": { definite: true, status: 404 },
  "method-not-allowed": { definite: true, status: 405 },
  "value-too-large": { definite: true, status: 413 },
  "unsupported-encoding": { definite: true, status: 415 },
  // The client's to cure, by reading first: asking another node again would not help, as 503 suggests.
  "too-many-siblings": { definite: true, status: 409 },
  // Where the node would have to begin a new actor; another one may have its own in the key's clock.
  "clock-too-long": { definite: true, status: 409 },
  "headers-too-large": { definite: true, status: 431 },
  "context-required": { definite: true, status: 428 },
  "request-timeout": { definite: true, status: 408 },
  overloaded: { definite: true, status: 503 },
  "hints-full": { definite: true, status: 503 },
  stopping: { definite: true, status: 503 },
  "stale-ring": { definite: true, status: 503 },
  /** The node belongs to no ring: members serve. */
  "no-member": { definite: true, status: 503 },
  "too-few-nodes": { definite: true, status: 503 },
  "read-quorum-not-met": { definite: true, status: 503 },
  "write-quorum-not-met": { definite: false, status: 503 },
  "forward-lost": { definite: false, status: 503 },
  /** The replica holds something of the key that its disk has garbled; only peers are told. */
  damaged: { definite: false, status: 500 },
  storage: { definite: false, status: 500 },
  internal: { definite: false, status: 500 },
} as const satisfies Record<string, { definite: boolean; status: number }>;

export type ErrorCode = keyof typeof ERRORS;

/** An operating error that travels to peers and clients by its code. */
export class DynamoError extends Error {
  override readonly name = "DynamoError";
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  get definite(): boolean {
    return ERRORS[this.code].definite;
  }
}
