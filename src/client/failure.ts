import { ERRORS } from "../protocol/errors.ts";
import type { HttpCallResult } from "./http-caller.ts";
import { HttpCallError } from "./http-caller.ts";

/** A node that asks for longer is believed no further: the hint may be wrong, and the client outlives it. */
const RETRY_AFTER_MS_MAX = 60_000;

/** Why one attempt failed. Codes are those of `protocol/errors.ts`, and `unreachable`, `no-answer`, `answer-too-large`, `bad-answer`. */
export interface Failure {
  readonly code: string;
  /** It did not happen; otherwise it may have or may yet. */
  readonly definite: boolean;
  /** The same request may succeed later or elsewhere. */
  readonly retryable: boolean;
  /** The node gave no whole answer. */
  readonly silent: boolean;
  readonly retryAfterMs: number;
  readonly detail: string;
  readonly cause: unknown;
}

export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: Failure };

/**
 * What a rejected call means: unsent it is definite, afterwards nobody knows. An answer that is too large ends the call: whoever is asked next reads from the same
 * replicas, and one that found less would answer with fewer versions than the key has, which is no better end.
 */
export function callFailure(error: unknown): Failure {
  const expected = error instanceof HttpCallError;
  const unsent = expected && !error.sent;
  const isTooLarge = expected && error.isTooLarge;
  return {
    code: unsent ? "unreachable" : isTooLarge ? "answer-too-large" : "no-answer",
    definite: unsent,
    // To fetch it again costs as much as the first time.
    retryable: expected && !isTooLarge,
    silent: !isTooLarge,
    retryAfterMs: 0,
    detail: error instanceof Error ? error.message : String(error),
    cause: error,
  };
}

/** What an error answer means. One without our problem document came from something in between, which may have passed the request on. */
export function refusal(answer: HttpCallResult, wallMs: number): Failure {
  const { status } = answer;
  const problem = problemOf(answer);
  const { code, definite } = problem ?? { code: "bad-answer", definite: false };
  return {
    code,
    definite,
    retryable: status === 408 || status === 429 || status >= 500 || status < 400,
    silent: false,
    retryAfterMs: retryAfterMs(answer.headers["retry-after"], wallMs),
    detail: `status ${status}${problem === undefined ? " without a problem document" : `: ${problem.detail}`}`,
    cause: undefined,
  };
}

/** An answer that claims success and is not of this API. */
export function badAnswer(detail: string, cause?: unknown): Failure {
  return {
    code: "bad-answer",
    definite: false,
    retryable: true,
    silent: false,
    retryAfterMs: 0,
    detail,
    cause,
  };
}

interface Problem {
  readonly code: string;
  readonly definite: boolean;
  readonly detail: string;
}

function problemOf(answer: HttpCallResult): Problem | undefined {
  if (!answer.headers["content-type"]?.startsWith("application/problem+json")) {
    return;
  }
  let fields: unknown;
  try {
    fields = JSON.parse(Buffer.from(answer.body).toString("utf8"));
  } catch {
    // Cut short or forged: treated like an answer without a problem document.
    return;
  }
  if (typeof fields !== "object" || fields === null) {
    return;
  }
  const { code, definite, detail } = fields as Record<string, unknown>;
  if (typeof code !== "string") {
    return;
  }
  return {
    code,
    definite: typeof definite === "boolean" ? definite : knownDefinite(code),
    detail: typeof detail === "string" ? detail : "no detail",
  };
}

function knownDefinite(code: string): boolean {
  return Object.hasOwn(ERRORS, code) && ERRORS[code as keyof typeof ERRORS].definite;
}

/** Seconds or an HTTP date (RFC 9110, 10.2.3); anything else asks for nothing. */
function retryAfterMs(header: string | undefined, wallMs: number): number {
  if (header === undefined) {
    return 0;
  }
  const ms = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - wallMs;
  return Number.isNaN(ms) ? 0 : Math.min(Math.max(ms, 0), RETRY_AFTER_MS_MAX);
}
