import { fromBase64url, toBase64url, utf8Bytes } from "../../src/base/bytes.ts";
import type { SeededRandom } from "../../src/base/seeded-random.ts";
import { CONTEXT_HEADER } from "../../src/http/siblings-response.ts";
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
}

const TWINS_SHARE = 0.15;
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
  if (!chance(random, TWINS_SHARE)) return [drawMove(random, draw)];
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

function drawRead(random: SeededRandom, key: string, { n }: MoveDraw): AdversaryMove {
  const parameters = drawLimits(random, "r", n);
  if (chance(random, OWN_QUORUM_SHARE)) {
    parameters.push(`quorum=${random.pick(["sloppy", "strict"])}`);
  }
  return {
    key,
    method: "GET",
    query: queryOf(parameters),
    headers: chance(random, 0.5) ? ASKS_JSON : {},
    body: undefined,
    expects: "served",
  };
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
  const wantsSiblings = chance(random, 0.3);
  if (wantsSiblings && !isDelete) parameters.push("return=siblings");
  const value = chance(random, COMMON_VALUE_SHARE)
    ? random.pick(COMMON_VALUES)
    : `${OWN_VALUE_PREFIX}${serial}`;
  return {
    key,
    method: isDelete ? "DELETE" : "PUT",
    query: queryOf(parameters),
    headers: { ...ASKS_JSON, ...(context === undefined ? {} : { [CONTEXT_HEADER]: context }) },
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

/** A token of the key with one bit changed, or one of another key; undefined where none was ever seen. */
function drawBadContext(
  random: SeededRandom,
  key: string,
  { keys, contexts }: MoveDraw,
): string | undefined {
  const ofOthers = keys.flatMap((other) => (other === key ? [] : (contexts.get(other) ?? [])));
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

/** True for a value that only one move writes. */
export function isOwnValue(body: Uint8Array): boolean {
  return Buffer.from(body).toString().startsWith(OWN_VALUE_PREFIX);
}
