import type { NodeId } from "../base/ids.ts";
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

/** Asks a replica to merge a record into its own, or, with `hintFor`, to keep it for that node. */
export interface PutRequest {
  readonly type: "put";
  readonly ring: RingStamp;
  readonly key: Uint8Array;
  readonly record: Uint8Array;
  readonly hintFor: NodeId | undefined;
}

/** The record is stored as durably as the node's engine promises. */
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

export interface PingRequest {
  readonly type: "ping";
}

export interface PingReply {
  readonly type: "ping-reply";
}

export interface ErrorReply {
  readonly type: "error-reply";
  readonly code: ErrorCode;
  readonly message: string;
}

export type Request = GetRequest | PutRequest | ForwardRequest | PingRequest;
export type Reply = GetReply | PutReply | ForwardReply | PingReply | ErrorReply;

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
