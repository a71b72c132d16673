/*
 * Problem: a swarm that finds nothing says something only if it would find something. Sketch (DeMillo, Lipton and Sayward,
 * "Hints on test data selection", 1978): plant one small fault after another in a copy of the store and let the same swarm
 * look at each. It must find every fault, and on the same seeds nothing at all in the copy without one.
 */

import type { KnownKill } from "./known-kills.ts";
import { applyMutant, withCopy } from "./mutant-copy.ts";
import type { MutantResult } from "./mutant-result.ts";
import { resultOf } from "./mutant-result.ts";
import type { Mutant } from "./parse-mutant.ts";
import { MutantError } from "./parse-mutant.ts";
import type { CopyRun, RunCopy } from "./run-copy.ts";

export interface MutantsParts {
  /** The checkout that is copied. */
  readonly root: string;
  readonly runCopy: RunCopy;
  /** Told each result as it comes. */
  readonly onResult: (result: MutantResult) => void;
}

export interface MutantsOptions {
  readonly seeds: number;
  /** By mutant: what has found it before, and is tried first. */
  readonly known?: ReadonlyMap<string, KnownKill>;
  /** Copies at work at once. */
  readonly jobs: number;
  /** Most time for the swarm of one copy. */
  readonly timeoutMs: number;
  /** Aborted: children are stopped, copies removed, and no further mutant is begun. */
  readonly signal: AbortSignal;
}

/**
 * Results in the order of the mutants; those begun before the signal was aborted and ended are missing, with all that were
 * not begun. Rejects with MutantError where the swarm is not silent about the unchanged copy: then no kill means anything.
 */
export async function runMutants(
  parts: MutantsParts,
  mutants: readonly Mutant[],
  options: MutantsOptions,
): Promise<readonly MutantResult[]> {
  const { root, runCopy } = parts;
  const { seeds, timeoutMs, signal } = options;
  const unchanged = { seeds, timeoutMs, signal };
  checkSilent(await withCopy(root, (folder) => runCopy(folder, unchanged)), options);
  const results: (MutantResult | undefined)[] = mutants.map(() => undefined);
  const queue = mutants.entries();
  const work = async (): Promise<void> => {
    for (const [at, mutant] of queue) {
      if (options.signal.aborted) return;
      const result = await runMutant(parts, mutant, options);
      if (options.signal.aborted) return;
      results[at] = result;
      parts.onResult(result);
    }
  };
  await Promise.all(Array.from({ length: options.jobs }, work));
  return results.filter((result) => result !== undefined);
}

function checkSilent(run: CopyRun, { signal }: MutantsOptions): void {
  if (signal.aborted) return;
  if (run.kind === "failed") {
    throw new MutantError(`Cannot judge mutants: in the unchanged copy, ${run.reason}`);
  }
  const [finding] = run.findings;
  if (finding !== undefined) {
    const { check, anomaly, seed } = finding;
    const where = seed === undefined ? "" : ` at seed ${seed}`;
    throw new MutantError(
      `Cannot judge mutants: the swarm finds ${check} (${anomaly})${where} in the unchanged copy`,
    );
  }
}

async function runMutant(
  { root, runCopy }: MutantsParts,
  mutant: Mutant,
  options: MutantsOptions,
): Promise<MutantResult> {
  const startMs = performance.now();
  const run = await withCopy(root, async (folder): Promise<CopyRun> => {
    try {
      await applyMutant(folder, mutant);
    } catch (error) {
      if (!(error instanceof MutantError)) throw error;
      return { kind: "failed", reason: error.message };
    }
    const { seeds, timeoutMs, signal, known } = options;
    return runCopy(folder, { seeds, timeoutMs, signal, known: known?.get(mutant.name) });
  });
  return resultOf(mutant, run, (performance.now() - startMs) / 1_000);
}
