import type { NodeId } from "../base/ids.ts";
import type { NodeAnswer } from "../merkle/comparison.ts";
import type { RingStamp } from "../ring/ring.ts";
import type { ErrorCode } from "./errors.ts";

/** Asks a replica for every version it holds of the key, hinted ones included. */
export interface GetRequest {
  readonly type: "get";
  readonly ring: RingStamp;
  readonly key: Uint8Array;
}

/** `record`: canonical bytes of the siblings, or undefined where the replica holds none. */
export interface GetReply {
  readonly type: "get-reply";
  readonly record: Uint8Array | undefined;
}

/** Asks a replica for its own row of the key, hints left out; answered like `get`. */
export interface CopyRequest {
  readonly type: "copy";
  readonly ring: RingStamp;
  readonly key: Uint8Array;
}

/** Asks what lies at these paths of the trees that both nodes have in common (D-4.7-3), or of the tree of one partition. */
export interface TreeRequest {
  readonly type: "tree";
  readonly ring: RingStamp;
  /**
   * Its number: the sender has lost it and wants to hand over what it has of it, which no ring tells the receiver. Undefined: all that
   * both replicate. Known to peers of protocol 5 or later.
   */
  readonly partition?: number | undefined;
  /** Digits 0 to 15 from the root on. */
  readonly paths: readonly Uint8Array[];
}

/** The nodes at the first of the paths, in their order: one or more. Undefined: the trees are not built yet. */
export interface TreeReply {
  readonly type: "tree-reply";
  readonly nodes: readonly NodeAnswer[] | undefined;
}

/** Asks a replica to merge a record into its own, or, with `hintFor`, to keep it for that node. */
export interface PutRequest {
  readonly type: "put";
  readonly ring: RingStamp;
  readonly key: Uint8Array;
  readonly record: Uint8Array;
  readonly hintFor: NodeId | undefined;
  /**
   * True: to be acknowledged only when it is stored, past the write buffer if there is one. Said to peers of protocol 2 or
   * later; those before have no write buffer.
   */
  readonly durable?: boolean | undefined;
}

/** The record is stored as durably as the node's engine promises; where it has a write buffer, as was asked. */
export interface PutReply {
  readonly type: "put-reply";
}

/** A client's write, handed to a node that may coordinate it. Never forwarded again (D-3.3-1). */
export interface ForwardRequest {
  readonly type: "forward";
  readonly ring: RingStamp;
  readonly key: Uint8Array;
  /** The context token as the client sent it; empty where it sent none. */
  readonly context: Uint8Array;
  readonly payload: Uint8Array;
  /** W of this request; 0 means the cluster's own. */
  readonly w: number;
  /** How long the coordinator may take, in milliseconds. */
  readonly budgetMs: number;
  /** True: only the key's first N nodes count for W. */
  readonly strict: boolean;
}

/** `record`: the siblings after the write, canonical bytes. */
export interface ForwardReply {
  readonly type: "forward-reply";
  readonly record: Uint8Array;
}

/** What a node holds of a key, compared with a record of tombstones: just this, nothing, or anything else. */
export type Holding = "same" | "none" | "other";

/** Asks a node what it holds of a key that elsewhere is tombstones only (D-4.1-8), and with `remove` to remove just that. */
export interface TombstoneRequest {
  readonly type: "tombstone";
  readonly ring: RingStamp;
  readonly key: Uint8Array;
  /** MD5 of the record. */
  readonly digest: Uint8Array;
  readonly remove: boolean;
}

/** What was held before; where that was the same and `remove` was asked for, the removal is durable. */
export interface TombstoneReply {
  readonly type: "tombstone-reply";
  readonly holding: Holding;
}

export interface PingRequest {
  readonly type: "ping";
}

export interface PingReply {
  readonly type: "ping-reply";
}

/** A start of the sender, told to every peer; `after`: it wants to go on with the incarnation of that start (K-6). */
export interface LifeRequest {
  readonly type: "life";
  readonly incarnation: string;
  readonly life: string;
  readonly after: string | undefined;
}

/** False: the peer knows better, or knows nothing of the life before. What was accepted is stored. */
export interface LifeReply {
  readonly type: "life-reply";
  readonly accepted: boolean;
}

/** Of each issuer of changes, the number up to which a history has all of them; 1 or more. */
export type HistoryVector = ReadonlyMap<string, number>;

/** Brings the histories of two nodes together (membership/gossip.ts). Of who is up or down it says nothing (D-4.8.3-3). */
export interface GossipRequest {
  readonly type: "gossip";
  /** Of all changes that the sender has, 16 bytes. */
  readonly digest: Uint8Array;
  /** Undefined: the sender asks for the peer's first. */
  readonly vector: HistoryVector | undefined;
  /** Of those the peer lacks, as many as a message takes. */
  readonly changes: readonly Uint8Array[];
}

/** What was sent is stored. */
export interface GossipReply {
  readonly type: "gossip-reply";
  /** Present where it was asked for and the digests differ. */
  readonly vector: HistoryVector | undefined;
  /** Of those the sender of the request lacks, as many as a message takes. */
  readonly changes: readonly Uint8Array[];
}

export interface ErrorReply {
  readonly type: "error-reply";
  readonly code: ErrorCode;
  readonly message: string;
}

export type Request =
  | GetRequest
  | CopyRequest
  | TreeRequest
  | PutRequest
  | ForwardRequest
  | TombstoneRequest
  | PingRequest
  | LifeRequest
  | GossipRequest;
export type Reply =
  | GetReply
  | TreeReply
  | PutReply
  | ForwardReply
  | TombstoneReply
  | PingReply
  | LifeReply
  | GossipReply
  | ErrorReply;

/** First frame in each direction of a connection (architecture, section 5). */
export interface Hello {
  readonly protocolMin: number;
  readonly protocolMax: number;
  readonly clusterId: string;
  readonly nodeId: NodeId;
  /** The sender's incarnation, 11 characters of base64url. */
  readonly incarnation: string;
  readonly ring: RingStamp;
  /** HMAC over the rest of the hello under the cluster secret; empty where none is set. */
  readonly proof: Uint8Array;
}
