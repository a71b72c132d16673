import type { TokenKind } from "../causality/context-token.ts";
import type { RowPage } from "../protocol/row-page.ts";
import type { NotFound } from "../quorum/get-core.ts";
import type { RowQuery } from "../replica/partition-rows.ts";

/** A key's versions on their way to a client. */
export interface SiblingsAnswer {
  readonly payloads: readonly Uint8Array[];
  /** Covers all of the payloads, tombstones too; base64url. Undefined where their clock is too long for one. */
  readonly context: string | undefined;
  /** Of a read: it falls short of what the client knew, and nobody had more in time. */
  readonly isStale: boolean;
}

/** What a write tells its client, each where it was wanted. */
export interface WriteAnswer {
  readonly siblings: SiblingsAnswer | undefined;
  /** Covers the write and is good for reads alone; base64url. Undefined also where its clock is too long for one. */
  readonly session: string | undefined;
}

/** A client's read as a node takes it. */
export interface GetOrder {
  readonly key: Uint8Array;
  readonly r: number;
  /** Strict: only the key's first N nodes count, whatever the cluster's own setting. */
  readonly quorum: "sloppy" | "strict";
  readonly notFound: NotFound;
  /** A token that says what the client knows already, where it has one (K-15). */
  readonly known: { readonly kind: TokenKind; readonly token: Uint8Array } | undefined;
  readonly timeoutMs: number;
}

/** A client's write as a node takes it. */
export interface PutOrder {
  readonly key: Uint8Array;
  /** The context token; empty for a blind write. */
  readonly context: Uint8Array;
  readonly payload: Uint8Array;
  readonly w: number;
  /** Strict: only the key's first N nodes count for W, whatever the cluster's own setting. */
  readonly quorum: "sloppy" | "strict";
  readonly timeoutMs: number;
  /** What is wanted back: the siblings after the write, or a session token. */
  readonly answer: "nothing" | "siblings" | "session";
}

/** A node as its clients see it. Rejects with DynamoError. */
export interface KeyValueStore {
  get(order: GetOrder): Promise<SiblingsAnswer>;
  put(order: PutOrder): Promise<WriteAnswer>;
}

/** A node's rows, for snapshots and their restoring. Rejects with DynamoError, or StorageError where rows cannot be read. */
export interface NodeRows {
  /** Q. */
  readonly partitionCount: number;
  page(query: RowQuery): Promise<RowPage>;
  /** Merges rows into the node's own; resolves when all are stored. */
  store(page: RowPage): Promise<void>;
}

/** The membership as operators see and change it. Rejects with DynamoError, or StorageError where a change cannot be stored. */
export interface NodeMembership {
  /**
   * True while a copy that counts may go from one node to another and leave nothing behind: a change is open, this node has rows of ranges that it
   * does not own or may have, or a node that left is not empty.
   */
  readonly isMoving: boolean;
  /**
   * The members, the open change with who has to receive what, the changes that wait, those withdrawn, and those void with the reason. `rangesKept`:
   * of how many ranges this node has rows that it does not own; null while its trees are being built. `notEmptied`: who left and may still hold
   * rows. `isSilenced`: this node was said never to come back.
   */
  members(): object;
  /** `{id, address, clientUrl?, datacenter?, capacity?}`. Answers with the id of the change, once it is stored. */
  join(order: unknown): Promise<object>;
  /** `{id}`. */
  leave(order: unknown): Promise<object>;
  /** `{change}`: the id of one that is open or waits. */
  withdraw(order: unknown): Promise<object>;
  /** `{id}`: a node that left and was destroyed, so that nobody need wait for its rows. */
  emptied(order: unknown): Promise<object>;
}

/** A node as its operators and the harness see it; answers are JSON objects. */
export interface NodeOperator {
  readonly rows: NodeRows;
  readonly membership: NodeMembership;
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
