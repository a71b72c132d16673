import type { Mutant } from "./parse-mutant.ts";
import type { CopyRun, SwarmFinding } from "./run-copy.ts";

/**
 * What became of a mutant.
 * - `killed`: a seed or else the corpus found something in its copy that it does not find in the unchanged one.
 * - `survived`: it found nothing.
 * - `equivalent`: it found nothing, and the mutant argues that nothing can.
 * - `broken`: the copy was never judged. That is no kill: a copy that cannot start is caught by nobody's checks.
 */
export type MutantOutcome = "killed" | "survived" | "equivalent" | "broken";

export interface MutantResult {
  readonly name: string;
  readonly what: string;
  readonly outcome: MutantOutcome;
  /** What killed it. */
  readonly killedBy?: SwarmFinding;
  /** Seeds run until then. */
  readonly seedsRun: number;
  readonly seconds: number;
  /** Why it is broken or said to be equivalent. */
  readonly reason?: string;
}

/** Judges the swarm in a mutant's copy. */
export function resultOf(mutant: Mutant, run: CopyRun, seconds: number): MutantResult {
  const { name, what, equivalent } = mutant;
  if (run.kind === "failed") {
    return { name, what, outcome: "broken", seedsRun: 0, seconds, reason: run.reason };
  }
  const { seedsRun } = run;
  const [killedBy] = run.findings;
  if (killedBy !== undefined && isFaultOfThePatch(killedBy)) {
    const reason = `the patch itself is wrong: ${killedBy.anomaly}`;
    return { name, what, outcome: "broken", seedsRun, seconds, reason };
  }
  if (killedBy !== undefined) {
    return { name, what, outcome: "killed", killedBy, seedsRun, seconds };
  }
  return equivalent === undefined
    ? { name, what, outcome: "survived", seedsRun, seconds }
    : { name, what, outcome: "equivalent", seedsRun, seconds, reason: equivalent };
}

/** Code that no longer fits the sources around it: it throws at once, and nobody's check has to look. */
function isFaultOfThePatch({ check, anomaly }: SwarmFinding): boolean {
  return check === "crash" && /^(?:Reference|Syntax)Error\b/.test(anomaly);
}

export interface MutationScore {
  /** By seeds. */
  readonly killed: number;
  /** Those that no seed killed and the corpus did: caught, but beyond what the swarm is held to. */
  readonly byCorpusAlone: number;
  /** Those of them that ended the run by a crash or a hang: that is found too, but shows no check at work. */
  readonly withoutCheck: number;
  /** All that were not shown to be equivalent; broken ones count against the suite. */
  readonly judged: number;
  /** `killed / judged`, 0 to 1. */
  readonly share: number;
  readonly isEnough: boolean;
}

export function scoreOf(results: readonly MutantResult[]): MutationScore {
  const judged = results.filter(({ outcome }) => outcome !== "equivalent").length;
  const caught = results.flatMap(({ killedBy }) => killedBy ?? []);
  const kills = caught.filter(({ plan }) => plan === undefined);
  const killed = kills.length;
  const byCorpusAlone = caught.length - killed;
  const withoutCheck = kills.filter(({ check }) => NO_CHECKS.has(check)).length;
  const share = judged === 0 ? 0 : killed / judged;
  return {
    killed,
    byCorpusAlone,
    withoutCheck,
    judged,
    share,
    isEnough: share >= SHARE_KILLED_MIN,
  };
}

/** What the swarm calls runs that threw or did not end. */
const NO_CHECKS: ReadonlySet<string> = new Set(["crash", "hang"]);
const SHARE_KILLED_MIN = 0.95;
