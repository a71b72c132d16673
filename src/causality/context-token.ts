import { FormatError, Reader, Writer } from "../base/binary.ts";
import { utf8Bytes } from "../base/bytes.ts";
import { equalInConstantTime, HmacKey, hmacSha256 } from "../base/hash.ts";
import type { NodeId } from "../base/ids.ts";
import { nodeId } from "../base/ids.ts";
import { readClock, writeClock } from "./clock-entries.ts";
import { counterOverLimit } from "./counter-limit.ts";
import { clockEntries } from "./listed-clock.ts";
import { MODE_CODES } from "./record-format.ts";
import {
  isTimed,
  readTimedClock,
  timedClockOf,
  timedEntries,
  writeTimedClock,
} from "./timed-clock.ts";
import type { ActorTable, Clock, VersioningMode } from "./versioning.ts";

/**
 * Problem: a client carries the clock of what it read and gives it back with its write (paper 4.1, 4.4). A clock that was made
 * up, changed, or read from another key would silently drop versions that the client never saw (D-4.1-4).
 *
 * Sketch: the cluster authenticates what it hands out. Every node holds the same key, so any node can check the context of
 * any other. A context is good for one cluster and one key, and never expires: an old one only covers less.
 *
 *     token = u8 format version (2), u8 mode, bytes operations, clock, or timed clock in the modes that time them, fields, raw mac (16)
 *     mac   = first 16 bytes of HMAC-SHA256(mac key, domain, bytes cluster id, bytes key, token without mac)
 *
 * Beside the clock go the operations of what was read (`protocol/operations.ts`): who writes with the context supersedes them. Here they
 * are names of 8 bytes, the newest first, at most 512 and as many as find room beside the clock: a memory, without which a context
 * is as good. Tokens of format version 1, which have none, open as ever.
 *
 * A field is a u8 that names it and its value, and is absent where there is nothing to say:
 *
 *     1, ascii node id: the replica that answered first the read which the context comes from (paper 5, D-5-9). The actors of
 *        the clock name nodes, too, so that it tells a client nothing new.
 *
 * A session token is the same clock for reading alone: it says "at least this" (K-15) and covers values that came without it, so a
 * write must not use it. Its mac has another domain, and neither passes for the other.
 *
 * Without a cluster secret the key follows from the cluster's name alone: that catches mistakes, not attackers.
 */
export function sealContext(
  context: ContextScope & {
    readonly clock: Clock;
    readonly operations?: Uint8Array;
    readonly reader?: NodeId | undefined;
  },
  macKey: HmacKey,
): Uint8Array {
  const { clock, mode, operations = NO_OPERATIONS, reader } = context;
  const fieldBytes = operations.length + (reader?.length ?? 0);
  const writer = new Writer(32 + MAC_SIZE_BYTES + fieldBytes + 56 * clock.size);
  writer.u8(TOKEN_VERSION);
  writer.u8(MODE_CODES[mode]);
  writer.bytes(operations);
  if (isTimed(mode)) writeTimedClock(writer, timedEntries(clock));
  else writeClock(writer, clockEntries(clock));
  if (reader !== undefined) {
    writer.u8(READER_FIELD);
    writer.ascii(reader);
  }
  const sizeBytes = writer.length;
  const excessBytes = sizeBytes + MAC_SIZE_BYTES - CONTEXT_SIZE_BYTES_MAX;
  if (excessBytes > 0 && operations.length > 0) {
    const room = Math.max(0, Math.floor((operations.length - excessBytes) / OPERATION_BYTES));
    const newest = operations.subarray(0, room * OPERATION_BYTES);
    return sealContext({ ...context, operations: newest }, macKey);
  }
  if (excessBytes > 0) {
    throw new ContextError(
      "too-long",
      `Cannot seal a context of ${clock.size} actors: its ${sizeBytes + MAC_SIZE_BYTES} bytes are over the limit of ${CONTEXT_SIZE_BYTES_MAX}`,
    );
  }
  writer.raw(macOf(context, writer.written(), macKey));
  return writer.finish();
}

/**
 * True where a token can be sealed of the clock, whatever it says besides, and of one that is up to `reserveBytes` longer. Most
 * clocks are so short that nothing has to be counted.
 */
export function fitsContext(clock: Clock, mode: VersioningMode, reserveBytes = 0): boolean {
  if (clock.size <= SHORT_CLOCK_ENTRIES) return true;
  const writer = new Writer(CONTEXT_SIZE_BYTES_MAX);
  if (isTimed(mode)) writeTimedClock(writer, timedEntries(clock));
  else writeClock(writer, clockEntries(clock));
  return writer.length + reserveBytes <= CLOCK_BYTES_MAX;
}

/** The clock of a token that a node of this cluster sealed for this key; throws ContextError on any other bytes. */
export function openContext(token: Uint8Array, scope: OpeningScope, macKey: HmacKey): Clock {
  return openToken(token, scope, macKey).clock;
}

/** As `openContext`, with all that the token says; only its operations are for `operationsIn`. */
export function openToken(token: Uint8Array, scope: OpeningScope, macKey: HmacKey): OpenedToken {
  if (token.length > CONTEXT_SIZE_BYTES_MAX) {
    refuse("too-long", `its ${token.length} bytes are over the limit of ${CONTEXT_SIZE_BYTES_MAX}`);
  }
  if (token.length < 2 + MAC_SIZE_BYTES) {
    refuse("malformed", `${token.length} bytes are too few`);
  }
  if (token[0] !== TOKEN_VERSION && token[0] !== TOKEN_VERSION_WITHOUT_OPERATIONS) {
    refuse("malformed", `its format version is ${token[0]}, and 1 to ${TOKEN_VERSION} are known`);
  }
  const body = token.subarray(0, token.length - MAC_SIZE_BYTES);
  const mac = token.subarray(body.length);
  if (!equalInConstantTime(macOf(scope, body, macKey), mac)) {
    refuse("forged", "it was not issued by this cluster for this key, or was changed since");
  }
  if (body[1] !== MODE_CODES[scope.mode]) {
    refuse("wrong-mode", `it was not issued under versioning ${scope.mode}`);
  }
  return readBody(body, scope);
}

/** What was sealed with the clock of a token that opens; a view. */
export function operationsIn(token: Uint8Array): Uint8Array {
  if (token[0] !== TOKEN_VERSION) return NO_OPERATIONS;
  const reader = new Reader(token, "a context");
  reader.u16();
  return reader.bytes(OPERATIONS_BYTES_MAX);
}

/** The key that authenticates contexts, the same on all nodes of a cluster. */
export function macKeyOf(clusterSecret: string | undefined, clusterId: string): HmacKey {
  const domain = clusterSecret === undefined ? "ringside context, no secret" : "ringside context";
  const secret = utf8Bytes(clusterSecret ?? "");
  return new HmacKey(hmacSha256(secret, utf8Bytes(`${domain}\0${clusterId}`)));
}

/** What a context is good for. */
export interface ContextScope {
  readonly clusterId: string;
  readonly key: Uint8Array;
  readonly mode: VersioningMode;
  /** Default: a context. */
  readonly kind?: TokenKind;
}

/** What a context is held against, and, where given, the actors of its clock are looked up in. */
type OpeningScope = ContextScope & { readonly actors?: ActorTable | undefined };

/** What a token says. */
export interface OpenedToken {
  readonly clock: Clock;
  /** The node that answered the read first; undefined where nobody wanted to know. */
  readonly reader: NodeId | undefined;
}

export type TokenKind = "context" | "session";

export type ContextProblem = "malformed" | "too-long" | "forged" | "wrong-mode";

/** A context that must not be used. Nothing was changed by it. */
export class ContextError extends Error {
  override readonly name = "ContextError";
  readonly problem: ContextProblem;

  constructor(problem: ContextProblem, message: string, options?: ErrorOptions) {
    super(message, options);
    this.problem = problem;
  }
}

/** Longest token in bytes, 310 to 450 actors; as base64url it must fit the HTTP headers a node takes. */
export const CONTEXT_SIZE_BYTES_MAX = 16 * 1024;

const TOKEN_VERSION = 2;
const TOKEN_VERSION_WITHOUT_OPERATIONS = 1;
/** Of an operation as `protocol/operations.ts` lists it. */
const OPERATION_BYTES = 8;
/** A quarter of the token, and the longest list there is. */
const OPERATIONS_BYTES_MAX = 512 * OPERATION_BYTES;
const NO_OPERATIONS = new Uint8Array(0);
const MAC_SIZE_BYTES = 16;
const READER_FIELD = 1;
const NODE_ID_CHARS_MAX = 64;
/** What is left for the clock beside format, mode, no operations, a reader of the longest name and the mac. */
const CLOCK_BYTES_MAX = CONTEXT_SIZE_BYTES_MAX - 3 - (2 + NODE_ID_CHARS_MAX) - MAC_SIZE_BYTES;
/** So many fit however long their actors, counters and times are. */
const SHORT_CLOCK_ENTRIES = 100;
const MAC_DOMAINS: Readonly<Record<TokenKind, Uint8Array>> = {
  context: utf8Bytes("ringside context token 1\0"),
  session: utf8Bytes("ringside session token 1\0"),
};

function macOf(
  { clusterId, key, kind }: ContextScope,
  body: Uint8Array,
  macKey: HmacKey,
): Uint8Array {
  const message = macKey.begin();
  message.raw(MAC_DOMAINS[kind ?? "context"]);
  // Lengths keep the parts apart: no cluster and key can be read as another pair.
  message.utf8(clusterId);
  message.bytes(key);
  message.raw(body);
  return macKey.end(MAC_SIZE_BYTES);
}

function readBody(
  body: Uint8Array,
  { mode, actors }: Pick<OpeningScope, "mode" | "actors">,
): OpenedToken {
  try {
    const reader = new Reader(body, "a context");
    reader.u16();
    if (body[0] === TOKEN_VERSION) skipOperations(reader);
    const clock = isTimed(mode)
      ? timedClockOf(readTimedClock(reader, actors))
      : readClock(reader, actors);
    const reason = counterOverLimit(clock);
    if (reason !== undefined) reader.fail(reason);
    const first = reader.remaining > 0 ? readReader(reader) : undefined;
    reader.end();
    return { clock, reader: first };
  } catch (error) {
    if (error instanceof FormatError) {
      throw new ContextError("malformed", error.message, { cause: error });
    }
    throw error;
  }
}

/** Without a cluster secret anybody can seal anything. */
function skipOperations(reader: Reader): void {
  const sizeBytes = reader.varint(OPERATIONS_BYTES_MAX);
  if (sizeBytes % OPERATION_BYTES !== 0) reader.fail(`its operations have ${sizeBytes} bytes`);
  reader.skip(sizeBytes);
}

function readReader(reader: Reader): NodeId {
  const field = reader.u8();
  if (field !== READER_FIELD) return reader.fail(`its field ${field} is unknown`);
  return nodeId(reader.ascii(NODE_ID_CHARS_MAX));
}

function refuse(problem: ContextProblem, reason: string): never {
  throw new ContextError(problem, `Cannot use the context: ${reason}`);
}
