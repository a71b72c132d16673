import { boundedRequest } from "../drivers/bounded-request.ts";
import { surveyTargets, TargetsError } from "../drivers/external/survey.ts";
import { UsageError } from "./exit-status.ts";
import { flagsOfSurvey, withoutFacts } from "./external-flags.ts";
import type { FlagValues } from "./flags.ts";
import { planOf } from "./parse-plan.ts";

/**
 * The flags of a run, with what an external cluster says of itself filled in. What can be refused without asking it is
 * refused first. Throws UsageError; rejects with another error where a target does not answer.
 */
export async function completeFlags(values: FlagValues, seed: number): Promise<FlagValues> {
  if (values["cluster"] !== "external") return values;
  const { external } = planOf(withoutFacts(values), seed);
  try {
    return flagsOfSurvey(values, await surveyTargets(external?.targets ?? [], boundedRequest));
  } catch (error) {
    if (!(error instanceof TargetsError)) throw error;
    throw new UsageError(error.message);
  }
}
