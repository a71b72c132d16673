/** A key's versions on their way to a client. */
export interface SiblingsAnswer {
  readonly payloads: readonly Uint8Array[];
  /** Covers all of the payloads, tombstones too; base64url. */
  readonly context: string;
}

/** A client's read as a node takes it. */
export interface GetOrder {
  readonly key: Uint8Array;
  readonly r: number;
  /** Strict: only the key's first N nodes count, whatever the cluster's own setting. */
  readonly quorum: "sloppy" | "strict";
  readonly timeoutMs: number;
}

/** A client's write as a node takes it. */
export interface PutOrder {
  readonly key: Uint8Array;
  /** The context token; empty for a blind write. */
  readonly context: Uint8Array;
  readonly payload: Uint8Array;
  readonly w: number;
  readonly timeoutMs: number;
  /** True: the siblings after the write are wanted back. */
  readonly answer: boolean;
}

/** A node as its clients see it. Rejects with DynamoError. */
export interface KeyValueStore {
  get(order: GetOrder): Promise<SiblingsAnswer>;
  /** The siblings after the write where they are wanted, else undefined. */
  put(order: PutOrder): Promise<SiblingsAnswer | undefined>;
}

/** A node as its operators and the harness see it; answers are JSON objects. */
export interface NodeOperator {
  status(): object;
  ring(): object;
  /** The roots of the node's hash trees, by partition; only those that it replicates and that hold keys. */
  trees(): object;
  /** The node's own copy of a key, nothing repaired. */
  replica(key: Uint8Array): Promise<object>;
  /** `routes`, the table in force, and `configured`, the one the node started with. */
  routes(): object;
  /** Replaces the table of node id to address to dial; throws DynamoError bad-request. */
  setRoutes(order: unknown): void;
  /** Makes the node's wall clock wrong; throws DynamoError where the node was not started for tests. */
  setClock(order: unknown): void;
  /** Calls a peer over RPC; throws DynamoError where the node was not started for tests. */
  probe(order: unknown): Promise<object>;
}
