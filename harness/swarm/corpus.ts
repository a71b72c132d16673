/** Runs that once found something, kept so that it is never found again. */

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { PlanFields, PlanFileError } from "../run/plan-fields.ts";
import { parseSimPlan } from "./plan-file.ts";
import { planOfSeed } from "./plan-of-seed.ts";
import type { PooledRun } from "./pool-worker.ts";
import type { SimPlan } from "./sim-plan.ts";

/** One file of the corpus, `{format: "ringside-seed", version: 1, found, seed?, plan?, realMs}`, with its plan at hand. */
export interface CorpusEntry {
  readonly file: string;
  /** One line on what it was. */
  readonly found: string;
  /** As it was stored, or as the seed draws it now. */
  readonly plan: SimPlan;
  /** How long it took when it was kept; the fastest go first. */
  readonly realMs: number;
}

export interface CorpusResult extends PooledRun {
  readonly entry: CorpusEntry;
}

/** In a checkout. */
export const CORPUS_FOLDER = "results/reference/seeds";

const ENTRIES_MAX = 10_000;
const FOUND_LENGTH_MAX = 500;
const REAL_MS_MAX = 86_400_000;

/** All entries of a folder, fastest first. Rejects with PlanFileError on the first file that is no entry. */
export async function readCorpus(folder: string): Promise<readonly CorpusEntry[]> {
  const names = (await orRefuse(folder, readdir(folder))).filter((name) => name.endsWith(".json"));
  if (names.length > ENTRIES_MAX) {
    throw new PlanFileError(
      `Cannot read the corpus ${folder}: it has more than ${ENTRIES_MAX} files`,
    );
  }
  const entries: CorpusEntry[] = [];
  for (const name of names.sort()) {
    const path = join(folder, name);
    entries.push(parseCorpusEntry(await orRefuse(path, readFile(path, "utf8")), path));
  }
  return entries.sort((left, right) => left.realMs - right.realMs);
}

/** Throws PlanFileError. */
export function parseCorpusEntry(text: string, file: string): CorpusEntry {
  const refuse = (sentence: string): never => {
    throw new PlanFileError(`Cannot read the seed ${file}: ${sentence}`);
  };
  const fields = PlanFields.ofText(text, refuse);
  fields.oneOf("format", ["ringside-seed"]);
  fields.oneOf("version", [1]);
  const found = fields.text("found", FOUND_LENGTH_MAX);
  const realMs = fields.number("realMs", 0, REAL_MS_MAX);
  const hasPlan = fields.has("plan");
  if (hasPlan === fields.has("seed"))
    refuse("it has both a seed and a plan, or neither, allowed is one");
  const plan = hasPlan
    ? parseSimPlan(fields.value("plan"), file)
    : planOfSeed(fields.whole("seed", 0, Number.MAX_SAFE_INTEGER));
  fields.end();
  return { file, found, plan, realMs };
}

async function orRefuse<T>(path: string, promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new PlanFileError(`Cannot read ${path}: ${error.message}`);
  }
}

/**
 * Replays all entries on all threads, fastest first. `onResult` is told of each as it ends. Rejects as `run` does.
 */
export async function replayCorpus(
  entries: readonly CorpusEntry[],
  parts: {
    readonly run: (plan: SimPlan) => Promise<PooledRun>;
    readonly jobs: number;
    readonly onResult: (result: CorpusResult) => void;
  },
): Promise<readonly CorpusResult[]> {
  const waiting = [...entries];
  const results: CorpusResult[] = [];
  const lane = async (): Promise<void> => {
    for (let entry = waiting.shift(); entry !== undefined; entry = waiting.shift()) {
      const result = { entry, ...(await parts.run(entry.plan)) };
      results.push(result);
      parts.onResult(result);
    }
  };
  await Promise.all(Array.from({ length: parts.jobs }, lane));
  return results;
}
