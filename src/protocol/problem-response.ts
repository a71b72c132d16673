import type { ErrorCode } from "./errors.ts";
import { ERRORS } from "./errors.ts";
import { encodeProblem, PROBLEM_CONTENT_TYPE } from "./problem.ts";

/** As HTTP carries it. */
export interface ProblemResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** The answer that tells of an error; what another moment may cure says when to try again, and what another form may, which. */
export function problemResponse(code: ErrorCode, detail: string): ProblemResponse {
  const { status } = ERRORS[code];
  return {
    status,
    headers: {
      "content-type": PROBLEM_CONTENT_TYPE,
      ...(status === 415 ? { "accept-encoding": "identity" } : {}),
      ...(status === 503 ? { "retry-after": "1" } : {}),
    },
    body: encodeProblem(code, detail),
  };
}
