import { assert } from "./assert.ts";
import { toBase64url } from "./bytes.ts";
import type { Actor, NodeId } from "./ids.ts";
import { nodeId } from "./ids.ts";

/** Most characters an actor can have: node, incarnation, epoch and two slashes. */
export const ACTOR_LENGTH_MAX = 64 + 1 + 11 + 1 + 11;

/** What an actor is made of. */
export interface ActorParts {
  readonly nodeId: NodeId;
  /** 8 random bytes as 11 characters of base64url, drawn anew at each start that does not go on with the one before. */
  readonly incarnation: string;
  /** Counts the rows this incarnation began to mint in; never the same one twice. */
  readonly epoch: number;
}

/** Writes an actor as `node/incarnation/epoch`, the epoch in base 36. */
export function actorOf(parts: ActorParts): Actor {
  assert(
    isIncarnation(parts.incarnation),
    `Cannot make an actor: ${JSON.stringify(parts.incarnation)} is no incarnation`,
  );
  assert(
    Number.isSafeInteger(parts.epoch) && parts.epoch >= 0,
    `Cannot make an actor: epoch ${parts.epoch} is not a whole number of 0 to 2^53-1`,
  );
  return `${parts.nodeId}/${parts.incarnation}/${parts.epoch.toString(36)}` as Actor;
}

/** The parts of an actor, or undefined where `actorOf` cannot have made the text. */
export function parseActor(text: string): ActorParts | undefined {
  if (!isActor(text)) {
    return undefined;
  }
  const [node, incarnation, epoch] = text.split("/");
  assert(node !== undefined && incarnation !== undefined && epoch !== undefined, text);
  return { nodeId: nodeId(node), incarnation, epoch: Number.parseInt(epoch, 36) };
}

/** True where `actorOf` can have made the text. */
export function isActor(text: string): text is Actor {
  if (!ACTOR_PATTERN.test(text)) {
    return false;
  }
  const epoch = text.slice(text.lastIndexOf("/") + 1);
  // Only epochs as long as the largest can be over it; equal lengths compare as text.
  return epoch.length < EPOCH_MAX.length || epoch <= EPOCH_MAX;
}

/** True where `incarnationOf` can have made the value. */
export function isIncarnation(value: unknown): value is string {
  return typeof value === "string" && INCARNATION_PATTERN.test(value);
}

/** The name of an incarnation from its 8 random bytes. */
export function incarnationOf(random: Uint8Array): string {
  assert(random.length === 8, `Cannot name an incarnation by ${random.length} bytes: it takes 8`);
  return toBase64url(random);
}

const EPOCH_MAX = Number.MAX_SAFE_INTEGER.toString(36);

// The last of the 11 characters carries 4 bits only, so it is one of 16.
const INCARNATION_PATTERN = /^[A-Za-z0-9_-]{10}[AEIMQUYcgkosw048]$/;

const ACTOR_PATTERN =
  /^[A-Za-z0-9._-]{1,64}\/[A-Za-z0-9_-]{10}[AEIMQUYcgkosw048]\/(?:0|[1-9a-z][0-9a-z]{0,10})$/;
