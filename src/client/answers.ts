/* What the answers of the HTTP API mean to a client (architecture, section 6). */

import { bufferOf, fromBase64 } from "../base/bytes.ts";
import {
  CLOCK_TOO_LONG,
  CONTEXT_HEADER,
  CONTEXT_MISSING_HEADER,
  SESSION_HEADER,
  STALE_HEADER,
} from "../protocol/headers.ts";
import type { ClientValue, ReadResult } from "./contract.ts";
import type { Failure, Outcome } from "./failure.ts";
import { badAnswer, refusal } from "./failure.ts";
import type { HttpCallResult } from "./http-caller.ts";

const UNTYPED = "application/octet-stream";
const DONE: Outcome<void> = { ok: true, value: undefined };

/** As `readAnswer`, but an answer that falls short of what the reader knew is a failure. */
export function freshAnswer(answer: HttpCallResult, wallMs: number): Outcome<ReadResult> {
  const outcome = readAnswer(answer, wallMs);
  return outcome.ok && outcome.value.isStale ? { ok: false, failure: STALE } : outcome;
}

/** One version (200), several (300, JSON), or none (404, with a context). */
export function readAnswer(answer: HttpCallResult, wallMs: number): Outcome<ReadResult> {
  const outcome = versionsIn(answer, wallMs);
  return outcome.ok && answer.headers[STALE_HEADER] === "true"
    ? { ok: true, value: { ...outcome.value, isStale: true } }
    : outcome;
}

function versionsIn(answer: HttpCallResult, wallMs: number): Outcome<ReadResult> {
  if (answer.headers[CONTEXT_MISSING_HEADER] === CLOCK_TOO_LONG) return withoutContext(answer);
  const context = answer.headers[CONTEXT_HEADER];
  switch (answer.status) {
    case 200:
      return context === undefined
        ? { ok: false, failure: badAnswer("status 200 without a context") }
        : { ok: true, value: { siblings: [versionOf(answer)], context } };
    case 300:
      return severalVersions(answer.body);
    case 404:
      // Without a context it is not the key that is missing but the route.
      return context === undefined
        ? { ok: false, failure: refusal(answer, wallMs) }
        : { ok: true, value: { siblings: [], context } };
    default:
      return { ok: false, failure: refusal(answer, wallMs) };
  }
}

/** Values without a context are values; nothing without one would pass for a key that never was. */
function withoutContext(answer: HttpCallResult): Outcome<ReadResult> {
  if (answer.status === 200)
    return { ok: true, value: { siblings: [versionOf(answer)], context: "" } };
  if (answer.status === 300) return severalVersions(answer.body, "");
  return { ok: false, failure: NO_CONTEXT };
}

/** Done (204), or why not. */
export function writeAnswer(answer: HttpCallResult, wallMs: number): Outcome<void> {
  return answer.status === 204 ? DONE : { ok: false, failure: refusal(answer, wallMs) };
}

/** The session token of a write that is done (204). */
export function sessionAnswer(answer: HttpCallResult, wallMs: number): Outcome<string> {
  const written = writeAnswer(answer, wallMs);
  if (!written.ok) return written;
  // The write is done, and there is nothing to hold a read against.
  if (answer.headers[CONTEXT_MISSING_HEADER] === CLOCK_TOO_LONG) return { ok: true, value: "" };
  const session = answer.headers[SESSION_HEADER];
  return session === undefined
    ? { ok: false, failure: badAnswer("status 204 without the session that was asked for") }
    : { ok: true, value: session };
}

const STALE: Failure = {
  code: "stale-read",
  definite: true,
  retryable: true,
  silent: false,
  retryAfterMs: 0,
  detail: "the nodes that answered hold less than the reader knows of",
  cause: undefined,
};

const NO_CONTEXT: Failure = {
  ...STALE,
  code: CLOCK_TOO_LONG,
  retryable: false,
  detail: "the key holds no value, and its clock is too long for a context",
};

function versionOf(answer: HttpCallResult): ClientValue {
  return { bytes: answer.body, contentType: answer.headers["content-type"] ?? UNTYPED };
}

function severalVersions(body: Uint8Array, none?: ""): Outcome<ReadResult> {
  try {
    const parsed: unknown = JSON.parse(bufferOf(body).toString("utf8"));
    const { context = none, siblings } = parsed as Record<string, unknown>;
    if (typeof context !== "string" || !Array.isArray(siblings)) {
      throw new TypeError("it is not {context, siblings}");
    }
    return { ok: true, value: { siblings: siblings.map(siblingOf), context } };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return { ok: false, failure: badAnswer(`status 300, but not as documented: ${reason}`, cause) };
  }
}

function siblingOf(sibling: unknown): ClientValue {
  if (typeof sibling !== "object" || sibling === null) {
    throw new TypeError("a sibling is not an object");
  }
  const { value, contentType } = sibling as Record<string, unknown>;
  if (typeof value !== "string") throw new TypeError("the value of a sibling is no text");
  const bytes = fromBase64(value);
  if (bytes === undefined) throw new TypeError("the value of a sibling is no base64");
  // Of their own memory: the application may keep one of many, or look at what is around it.
  return {
    bytes: bytes.slice(),
    contentType: typeof contentType === "string" ? contentType : UNTYPED,
  };
}
