import { fromBase64url, toBase64url, utf8Bytes } from "../../src/base/bytes.ts";
import type { SeededRandom } from "../../src/base/seeded-random.ts";
import { CONTEXT_HEADER, OPERATION_HEADER, SESSION_HEADER } from "../../src/protocol/headers.ts";
import { chance, magnitudeBetween, wholeBetween } from "./chance.ts";

/** One request of the adversary, and how the store has to take it. */
export interface AdversaryMove {
  readonly key: string;
  readonly method: "GET" | "PUT" | "DELETE";
  /** With its question mark, or empty. */
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  /** What a PUT writes. */
  readonly body: Uint8Array | undefined;
  /** `bad-context`, `context-required`: it must be refused with that code. */
  readonly expects: "served" | "bad-context" | "context-required";
}

export interface MoveDraw {
  /** The first few are asked for often, the others once or twice: what a fault takes of those nobody writes again. */
  readonly keys: readonly string[];
  /** N of the plan: the most that a request's own R or W may be. */
  readonly n: number;
  /** Names a value that no other move writes. */
  readonly serial: number;
  /** The context tokens that answers carried, by key, the latest last. */
  readonly contexts: ReadonlyMap<string, readonly string[]>;
  /** The session tokens of its writes, likewise. */
  readonly sessions: ReadonlyMap<string, readonly string[]>;
  /** Writes that were sent under a name, to be sent again as they are. */
  readonly named: readonly AdversaryMove[];
}

const TWINS_SHARE = 0.15;
const AGAIN_SHARE = 0.12;
const NAMED_SHARE = 0.5;
/** Of the named ones: sent through two nodes at once. */
const DOUBLE_SHARE = 0.3;
const IGNORE_SHARE = 0.25;
const OWN_WRITE_SHARE = 0.3;
const KNOWING_SHARE = 0.3;
const SESSION_SHARE = 0.3;
const HOT_SHARE = 0.6;
const HOT_KEYS = 3;
const REFUSED_SHARE = 0.12;
/** Of those to be refused: deletes without any context. */
const NO_CONTEXT_SHARE = 0.3;
const READ_SHARE = 0.4;
const DELETE_SHARE = 0.3;
const BLIND_SHARE = 0.35;
const OLD_CONTEXT_SHARE = 0.3;
const OWN_QUORUM_SHARE = 0.4;
const OWN_TIMEOUT_SHARE = 0.1;
const COMMON_VALUE_SHARE = 0.1;
const TIMEOUT_MS_MAX = 500;

/** What a client sends at once: mostly one request, now and then two blind writes of one key, which race from the start. */
export function drawMoves(random: SeededRandom, draw: MoveDraw): readonly AdversaryMove[] {
  const again = chance(random, AGAIN_SHARE) ? pickOf(random, draw.named) : undefined;
  if (again !== undefined) return [again];
  if (!chance(random, TWINS_SHARE)) {
    const move = drawMove(random, draw);
    return isNamed(move) && chance(random, DOUBLE_SHARE) ? [move, move] : [move];
  }
  const key = drawKey(random, draw);
  const twin = () => drawWrite(random, { key, isDelete: false, context: undefined }, draw);
  return [twin(), twin()].map((move, at) => ({
    ...move,
    body: utf8Bytes(`${OWN_VALUE_PREFIX}${draw.serial}-${at}`),
  }));
}

/** A request as no cart sends one. Pure but for the stream of `random`. */
export function drawMove(random: SeededRandom, draw: MoveDraw): AdversaryMove {
  const key = drawKey(random, draw);
  if (chance(random, READ_SHARE)) return drawRead(random, key, draw);
  const contexts = draw.contexts.get(key) ?? [];
  if (chance(random, REFUSED_SHARE)) {
    const bad = drawBadContext(random, key, draw);
    const isDelete = chance(random, 0.5);
    if (bad !== undefined && !chance(random, NO_CONTEXT_SHARE)) {
      return {
        ...drawWrite(random, { key, isDelete, context: bad }, draw),
        expects: "bad-context",
      };
    }
    const context = undefined;
    return {
      ...drawWrite(random, { key, isDelete: true, context }, draw),
      expects: "context-required",
    };
  }
  const isBlind = contexts.length === 0 || chance(random, BLIND_SHARE);
  const context = chance(random, OLD_CONTEXT_SHARE) ? pickOf(random, contexts) : contexts.at(-1);
  const isDelete = !isBlind && chance(random, DELETE_SHARE);
  return drawWrite(random, { key, isDelete, context: isBlind ? undefined : context }, draw);
}

function drawKey(random: SeededRandom, { keys }: MoveDraw): string {
  return random.pick(chance(random, HOT_SHARE) ? keys.slice(0, HOT_KEYS) : keys);
}

function drawRead(random: SeededRandom, key: string, draw: MoveDraw): AdversaryMove {
  const { n } = draw;
  const ownSession = draw.sessions.get(key)?.at(-1);
  if (ownSession !== undefined && chance(random, OWN_WRITE_SHARE)) {
    // Whoever reads one copy right after a write is the one to miss it.
    const headers = { [SESSION_HEADER]: ownSession };
    return { key, method: "GET", query: "?r=1", headers, body: undefined, expects: "served" };
  }
  const parameters = drawLimits(random, "r", n);
  if (chance(random, OWN_QUORUM_SHARE)) {
    parameters.push(`quorum=${random.pick(["sloppy", "strict"])}`);
  }
  if (chance(random, IGNORE_SHARE)) parameters.push("notfound=ignore");
  const { headers, expects } = drawKnown(random, key, draw);
  return {
    key,
    method: "GET",
    query: queryOf(parameters),
    headers: chance(random, 0.5) ? { ...ASKS_JSON, ...headers } : headers,
    body: undefined,
    expects,
  };
}

/** What a reader says that it knows: mostly nothing, else a context or a session token, now and then a bad one. */
function drawKnown(
  random: SeededRandom,
  key: string,
  draw: MoveDraw,
): Pick<AdversaryMove, "headers" | "expects"> {
  if (!chance(random, KNOWING_SHARE)) return { headers: {}, expects: "served" };
  const session = pickOf(random, draw.sessions.get(key) ?? []);
  if (session !== undefined && chance(random, 0.6)) {
    return { headers: { [SESSION_HEADER]: session }, expects: "served" };
  }
  const bad = chance(random, REFUSED_SHARE) ? drawBadContext(random, key, draw) : undefined;
  if (bad !== undefined) return { headers: { [CONTEXT_HEADER]: bad }, expects: "bad-context" };
  const context = pickOf(random, draw.contexts.get(key) ?? []);
  return { headers: context === undefined ? {} : { [CONTEXT_HEADER]: context }, expects: "served" };
}

interface Write {
  readonly key: string;
  readonly isDelete: boolean;
  readonly context: string | undefined;
}

function drawWrite(
  random: SeededRandom,
  { key, isDelete, context }: Write,
  { n, serial }: MoveDraw,
): AdversaryMove {
  const parameters = drawLimits(random, "w", n);
  if (chance(random, OWN_QUORUM_SHARE)) {
    parameters.push(`quorum=${random.pick(["sloppy", "strict"])}`);
  }
  const wantsSiblings = chance(random, 0.3);
  const wantsSession = !wantsSiblings && chance(random, SESSION_SHARE);
  if (wantsSiblings && !isDelete) parameters.push("return=siblings");
  if (wantsSession && !isDelete) parameters.push("return=session");
  const value = chance(random, COMMON_VALUE_SHARE)
    ? random.pick(COMMON_VALUES)
    : `${OWN_VALUE_PREFIX}${serial}`;
  return {
    key,
    method: isDelete ? "DELETE" : "PUT",
    query: queryOf(parameters),
    headers: {
      ...ASKS_JSON,
      ...(context === undefined ? {} : { [CONTEXT_HEADER]: context }),
      ...(chance(random, NAMED_SHARE)
        ? { [OPERATION_HEADER]: `operation-${serial}`.padEnd(16, "-") }
        : {}),
    },
    body: isDelete ? undefined : utf8Bytes(value),
    expects: "served",
  };
}

/** R or W and a deadline of the request's own, where it has them. */
function drawLimits(random: SeededRandom, name: "r" | "w", n: number): string[] {
  const parameters: string[] = [];
  if (chance(random, OWN_QUORUM_SHARE)) parameters.push(`${name}=${wholeBetween(random, 1, n)}`);
  if (chance(random, OWN_TIMEOUT_SHARE)) {
    parameters.push(`timeoutMs=${magnitudeBetween(random, 1, TIMEOUT_MS_MAX)}`);
  }
  return parameters;
}

/** A token of the key with one bit changed, one of another key, or one for reads alone; undefined where none was ever seen. */
function drawBadContext(
  random: SeededRandom,
  key: string,
  { keys, contexts, sessions }: MoveDraw,
): string | undefined {
  const ofOthers = keys.flatMap((other) => (other === key ? [] : (contexts.get(other) ?? [])));
  const readOnly = pickOf(random, sessions.get(key) ?? []);
  if (readOnly !== undefined && chance(random, 0.3)) return readOnly;
  if (chance(random, 0.5)) {
    const foreign = pickOf(random, ofOthers);
    if (foreign !== undefined) return foreign;
  }
  const token = pickOf(random, contexts.get(key) ?? []);
  const bytes = token === undefined ? undefined : fromBase64url(token);
  if (bytes === undefined || bytes.length === 0) return undefined;
  const forged = bytes.slice();
  const at = random.integer(forged.length);
  forged[at] = (forged[at] ?? 0) ^ (1 << random.integer(8));
  return toBase64url(forged);
}

function pickOf<T>(random: SeededRandom, items: readonly T[]): T | undefined {
  return items.length === 0 ? undefined : random.pick(items);
}

function queryOf(parameters: readonly string[]): string {
  return parameters.length === 0 ? "" : `?${parameters.join("&")}`;
}

const ASKS_JSON: Readonly<Record<string, string>> = { accept: "application/json" };
/** Written by several at once, and empty, which is not the same as deleted. */
const COMMON_VALUES = ["the same", ""] as const;
const OWN_VALUE_PREFIX = "odd-";

/** True for a write that its node knows again. */
export function isNamed({ headers }: AdversaryMove): boolean {
  return OPERATION_HEADER in headers;
}

/** True for a value that only one move writes. */
export function isOwnValue(body: Uint8Array): boolean {
  return Buffer.from(body).toString().startsWith(OWN_VALUE_PREFIX);
}
