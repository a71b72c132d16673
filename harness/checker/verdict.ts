import type { Expectation, Verdict } from "../run/plan.ts";
import type { CheckerResult } from "../run/summary.ts";

/** All results as one: invalid beats unknown beats valid. Reasons in that order, each with its checker's name. */
export function combineVerdicts(results: Readonly<Record<string, CheckerResult>>): {
  readonly verdict: Verdict;
  readonly reasons: readonly string[];
} {
  const entries = Object.entries(results);
  const reasonsOf = (verdict: Verdict) =>
    entries
      .filter(([, result]) => result.verdict === verdict)
      .flatMap(([name, { reasons }]) => reasons.map((reason) => `${name}: ${reason}`));
  const invalid = entries.some(([, { verdict }]) => verdict === "invalid");
  const unknown = entries.some(([, { verdict }]) => verdict === "unknown");
  return {
    verdict: invalid ? "invalid" : unknown ? "unknown" : "valid",
    reasons: [...reasonsOf("invalid"), ...reasonsOf("unknown")],
  };
}

/** What a broken history turns every other checker's result into: its findings stay readable and accuse nobody. */
export function distrust(result: CheckerResult): CheckerResult {
  return {
    ...result,
    verdict: "unknown",
    reasons: ["The history itself is broken, so this was not decided.", ...result.reasons],
  };
}

/** True where a verdict is not good enough for what was expected; where loss is allowed, any verdict is. */
export function worseThanExpected(verdict: Verdict, expects: Expectation): boolean {
  return expects.verdict === "valid" && verdict !== "valid";
}
