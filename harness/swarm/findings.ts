import type { CausalityResult } from "../checker/causality.ts";
import { worseThanExpected } from "../checker/verdict.ts";
import type { Violation } from "../drivers/sim/observer.ts";
import type { CheckerResult, Summary } from "../run/summary.ts";
import type { Finding } from "./sim-outcome.ts";
import type { SimPlan } from "./sim-plan.ts";

export interface FindingsParts {
  readonly plan: SimPlan;
  /** Of the checkers over the history. */
  readonly summary: Pick<Summary, "verdict" | "checkers">;
  readonly oracle:
    | {
        readonly violations: readonly Violation[];
        readonly lossSeen: boolean;
        /** Keys that showed an overwritten write again where the store says that it may (K-11). */
        readonly keysForgotten: ReadonlySet<string>;
      }
    | undefined;
  readonly others: readonly Finding[];
}

/** Everything that must not be, of a whole run: what the simulator saw, then what the checkers say of the history. */
export function findingsOf({ plan, summary, oracle, others }: FindingsParts): readonly Finding[] {
  const findings: Finding[] = [...(oracle?.violations ?? []), ...others];
  if (worseThanExpected(summary.verdict, plan.run.expects)) {
    const worst = Object.entries(summary.checkers).filter(
      ([, { verdict }]) => verdict === summary.verdict,
    );
    for (const [check, result] of worst) {
      if (check === "causality" && isForgetting(result, oracle?.keysForgotten)) continue;
      const { verdict, reasons } = result;
      findings.push({ check, anomaly: `${verdict}`, detail: reasons[0] ?? "no reason given" });
    }
  }
  findings.push(...neverExcused(plan, summary));
  if (oracle?.lossSeen === true && summary.verdict === "valid") {
    findings.push({
      check: "verdict",
      anomaly: "called valid although the full view shows a loss",
      detail: "The simulator saw an acknowledged write disappear, and the checkers did not.",
    });
  }
  return findings;
}

/** True where clients saw nothing against causality but those overwritten writes: a history cannot tell what versions list. */
function isForgetting(result: CheckerResult, keysForgotten: ReadonlySet<string> = NONE): boolean {
  const { counts, examples } = result as CausalityResult;
  const found = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return (
    found === examples.length &&
    examples.every(({ kind, key }) => kind === "false-sibling" && keysForgotten.has(key))
  );
}

const NONE: ReadonlySet<string> = new Set();

/** Where a plan may lose, its verdict excuses it; what no store may do, whatever it loses, stands here. */
function neverExcused(
  { run }: SimPlan,
  { checkers }: FindingsParts["summary"],
): readonly Finding[] {
  if (run.expects.verdict === "valid") return [];
  return Object.entries(NEVER_EXCUSED).flatMap(([check, { anomaly, isShownBy }]) => {
    const result = checkers[check];
    if (result?.verdict !== "invalid" || isShownBy?.(result) === false) return [];
    return [{ check, anomaly, detail: result.reasons[0] ?? "no reason given" }];
  });
}

/** By checker. */
const NEVER_EXCUSED: Readonly<
  Record<
    string,
    { readonly anomaly: string; readonly isShownBy?: (result: CheckerResult) => boolean }
  >
> = {
  "lww-loss": { anomaly: "a loss that no clock explains" },
  "expected-availability": { anomaly: "refused where nothing keeps it from serving" },
  causality: {
    anomaly: "a version that nobody made",
    isShownBy: (result) => {
      const { counts } = result as CausalityResult;
      return counts["own-past"] + counts["never-written"] > 0;
    },
  },
};
