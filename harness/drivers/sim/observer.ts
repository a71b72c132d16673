import type { HttpResponse } from "../../../src/http/exchange.ts";
import type { TableName } from "../../../src/storage/engine.ts";

/** One row of one node; without a value there is none. */
export interface RowState {
  readonly table: TableName;
  readonly key: Uint8Array;
  readonly value: Uint8Array | undefined;
}

/** A client's request as it reached a node's HTTP handler. */
export interface ClientAsk {
  /** Unique in the run. */
  readonly id: number;
  readonly node: string;
  readonly method: "GET" | "PUT" | "DELETE";
  readonly key: Uint8Array;
  /** The context token as sent, with a read too; empty where there was none. */
  readonly context: string;
  /** `encodePayload` of what is written; undefined for GET. */
  readonly payload: Uint8Array | undefined;
  /** R or W of this request. */
  readonly quorum: number;
  /** True where no fallback may stand in for one of the key's primaries. */
  readonly strict: boolean;
  /** By what name a write goes; absent where it has none. */
  readonly operation?: string | undefined;
  /** The session token of a read; absent where it brought none. */
  readonly session?: string | undefined;
  /** Of a read: only values count for R. Absent: "not found" does too. */
  readonly ignoresNotFound?: boolean;
  /** Within which it is to be answered. */
  readonly timeoutMs: number;
}

/**
 * Whoever looks at a simulated world with eyes that nobody in a real one has. Told of everything at the very moment it
 * happens, before anything else can; must not change anything.
 */
export interface WorldObserver {
  /** A node looks up a row of its own; what it is told is what is visible now. */
  rowRead(node: string, table: TableName, key: Uint8Array): void;
  /** A node's engine shows these changes from now on; they are not durable yet. */
  rowsWritten(node: string, changes: readonly RowState[]): void;
  /** Changes shown before, in that order, are now as durable as the engine promises. */
  rowsDurable(node: string, changes: readonly RowState[]): void;
  /** Of a node that buffers its writes: these changes are on its disk now. Other nodes' are so when they are durable. */
  rowsStored(node: string, changes: readonly RowState[]): void;
  /** The engine could not store changes it showed before: each row is back to `value`. */
  rowsRolledBack(node: string, rows: readonly RowState[]): void;
  /** The disk garbled what it holds at this row: the node cannot read it any more, and must not act as if it held nothing. */
  rowDamaged(node: string, table: TableName, key: Uint8Array): void;
  /** What the node's disk holds after a crash, a wipe or a restore: these rows and no others, all of them durable. */
  rowsReplaced(node: string, rows: readonly RowState[]): void;
  /** A node's process stops as it is (SIGSTOP). */
  processPaused(node: string): void;
  /** It goes on, from now on. */
  processResumed(node: string): void;
  /** The static list of members is another from now on; no node runs in this moment. */
  membersChanged(members: readonly string[]): void;
  /** A node sends to a peer over a connection that it dialled, and has waited in vain for so long to hear anything on it. */
  sentIntoSilence(node: string, peer: string, silentMs: number): void;
  clientAsked(ask: ClientAsk): void;
  /** The node's handler answers; the answer may never reach the client. Requests of nodes that die have none. */
  clientAnswered(id: number, response: HttpResponse): void;
}

/** Something the store must never do, seen from outside. */
export interface Violation {
  /** Which check saw it, for example `dot-issued-twice`. */
  readonly check: string;
  /** The kind of violation, the same for the same bug under another schedule; shrinking goes by it. */
  readonly anomaly: string;
  /** One sentence with the values. */
  readonly detail: string;
  /** Virtual time. */
  readonly timeMs: number;
  /** The client's key as text, where it is about one. */
  readonly key?: string;
}
