import type { ErrorCode } from "./errors.ts";
import { ERRORS } from "./errors.ts";

export const PROBLEM_CONTENT_TYPE = "application/problem+json";

/** The body of every error over HTTP (RFC 9457), with two members of our own: `code` and `definite`. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ErrorCode;
  /** True: the operation did not happen and never will. False: it may have happened or may yet. */
  readonly definite: boolean;
  /** One sentence about this occurrence. */
  readonly detail: string;
}

function problemOf(code: ErrorCode, detail: string): Problem {
  const { status, definite } = ERRORS[code];
  const words = code.replaceAll("-", " ");
  return {
    type: `urn:ringside:error:${code}`,
    title: words.charAt(0).toUpperCase() + words.slice(1),
    status,
    code,
    definite,
    detail,
  };
}

/** UTF-8 bytes of the problem's JSON. */
export function encodeProblem(code: ErrorCode, detail: string): Uint8Array {
  return Buffer.from(JSON.stringify(problemOf(code, detail)), "utf8");
}

/**
 * Reads a problem that a node sent, or gives undefined where the bytes are none of ours: a proxy's error page, a code
 * of a later version. Then nothing is known about what happened.
 */
export function decodeProblem(bytes: Uint8Array): Problem | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString());
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (typeof parsed !== "object" || parsed === null) return undefined;
  const { code, detail } = parsed as { code?: unknown; detail?: unknown };
  if (typeof code !== "string" || !Object.hasOwn(ERRORS, code)) return undefined;
  return problemOf(code as ErrorCode, typeof detail === "string" ? detail : "");
}
