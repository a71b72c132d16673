import type { Verdict } from "../run/plan.ts";

export const EXIT_BAD_USE = 64;
export const EXIT_INTERRUPTED = 130;

export const EXIT_BY_VERDICT: Readonly<Record<Verdict, number>> = {
  valid: 0,
  invalid: 1,
  unknown: 2,
};

/** A flag or a file that the caller can put right. The message is one line and names what is allowed. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
