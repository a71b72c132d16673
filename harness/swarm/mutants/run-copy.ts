import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import type { KnownKill } from "./known-kills.ts";

/** What the swarm found. */
export interface SwarmFinding {
  readonly check: string;
  readonly anomaly: string;
  /** In which seed; undefined where it is what all seeds together never did, or a plan of the corpus found it. */
  readonly seed: number | undefined;
  /** The corpus's file that found what no seed did. */
  readonly plan?: string;
}

/** What became of a swarm in a copy. `failed`: it said nothing about the copy, and `reason` tells why. */
export type CopyRun =
  | {
      readonly kind: "ended";
      readonly seedsRun: number;
      readonly findings: readonly SwarmFinding[];
    }
  | { readonly kind: "failed"; readonly reason: string };

export interface CopyOrder {
  readonly seeds: number;
  /** What is tried before all else; a seed beyond `seeds` is not. */
  readonly known?: KnownKill | undefined;
  readonly timeoutMs: number;
  /** Aborted: the child is stopped. */
  readonly signal: AbortSignal;
}

/** Runs the swarm in a copy of the checkout. Never rejects for what the copy does. */
export type RunCopy = (folder: string, order: CopyOrder) => Promise<CopyRun>;

/**
 * Runs `harness/cli.ts sim` of the copy in a child process, until the first finding; where no seed finds anything, the corpus, whose
 * plans are dense where seeds are thin.
 */
export const runSwarmIn: RunCopy = async (folder, order) => {
  const known = await runKnown(folder, order);
  if (known !== undefined && (known.kind === "failed" || known.findings.length > 0)) return known;
  const swarm = await runSeeds(folder, { first: 1, count: order.seeds }, order);
  if (swarm.kind === "failed" || swarm.findings.length > 0) return swarm;
  const corpus = await runCorpus(folder, order);
  return corpus.kind === "failed" ? corpus : { ...swarm, findings: corpus.findings };
};

async function runKnown(folder: string, order: CopyOrder): Promise<CopyRun | undefined> {
  const { known, seeds } = order;
  if (known === undefined) return undefined;
  if (known.kind === "corpus") return runCorpus(folder, order);
  if (known.seed > seeds) return undefined;
  return runSeeds(folder, { first: known.seed, count: 1 }, order);
}

function runSeeds(
  folder: string,
  { first, count }: { readonly first: number; readonly count: number },
  order: CopyOrder,
): Promise<CopyRun> {
  const wish = ["--first", `${first}`, "--seeds", `${count}`, "--stop-at-first", "--no-shrink"];
  return runSim(folder, wish, swarmOf, order);
}

function runCorpus(folder: string, order: CopyOrder): Promise<CopyRun> {
  return runSim(folder, ["--corpus"], corpusOf, order);
}

async function runSim(
  folder: string,
  wish: readonly string[],
  read: (text: string | undefined) => CopyRun,
  { timeoutMs, signal }: CopyOrder,
): Promise<CopyRun> {
  const file = join(folder, "found.json");
  const flags = [...wish, "--jobs", "1"];
  const child = await execa(
    process.execPath,
    [join("harness", "cli.ts"), "sim", ...flags, "--json", file],
    {
      cwd: folder,
      stdout: "ignore",
      stderr: "pipe",
      maxBuffer: STDERR_CHARS_MAX,
      timeout: timeoutMs,
      cancelSignal: signal,
      forceKillAfterDelay: STOP_TIMEOUT_MS,
      reject: false,
    },
  );
  if (child.isCanceled) return failed("it was interrupted");
  if (child.timedOut) return failed(`it did not end in ${timeoutMs / 1_000} s`);
  const { exitCode } = child;
  if (exitCode !== EXIT_SILENT && exitCode !== EXIT_FOUND) {
    const said = child.stderr.trim().split("\n").at(-1) ?? "";
    return failed(`it ended with ${child.signal ?? `status ${exitCode}`}: ${said}`);
  }
  const run = read(await textOf(file));
  if (run.kind === "failed") return run;
  const agrees = (exitCode === EXIT_FOUND) === run.findings.length > 0;
  return agrees
    ? run
    : failed(`it ended with status ${exitCode} and ${run.findings.length} findings`);
}

/** Reads what `sim --json` wrote; `failed` where it is not that. */
export function swarmOf(text: string | undefined): CopyRun {
  if (text === undefined) return failed("it wrote no swarm.json");
  const parsed = jsonOf(text);
  if (parsed === undefined) return failed("its swarm.json is no JSON");
  const { seedsRun, findings, passed, requiredUnreached } = fieldsOf(parsed);
  if (typeof seedsRun !== "number" || !Array.isArray(findings)) {
    return failed("its swarm.json has no seedsRun and findings");
  }
  if (seedsRun < 1) return failed("it ran no seed");
  const read: SwarmFinding[] = [];
  for (const finding of findings) {
    const { check, anomaly, seed } = fieldsOf(finding);
    if (typeof check !== "string" || typeof anomaly !== "string" || typeof seed !== "number") {
      return failed("a finding in its swarm.json has no check, anomaly and seed");
    }
    read.push({ check, anomaly, seed });
  }
  // Only a swarm that was large enough to get there fails by what it did not reach.
  const missed = passed === false && Array.isArray(requiredUnreached) ? requiredUnreached : [];
  read.push(
    ...missed.map((name) => ({ check: CHECK_REACHED, anomaly: String(name), seed: undefined })),
  );
  return { kind: "ended", seedsRun, findings: read };
}

/** Reads what `sim --corpus --json` wrote; `failed` where it is not that. */
export function corpusOf(text: string | undefined): CopyRun {
  if (text === undefined) return failed("it wrote nothing about the corpus");
  const { plansRun, found } = fieldsOf(jsonOf(text));
  if (typeof plansRun !== "number" || plansRun < 1 || !Array.isArray(found)) {
    return failed("what it wrote about the corpus has no plansRun and found");
  }
  const findings: SwarmFinding[] = [];
  for (const finding of found) {
    const { check, anomaly, plan } = fieldsOf(finding);
    if (typeof check !== "string" || typeof anomaly !== "string" || typeof plan !== "string") {
      return failed("what the corpus found has no check, anomaly and plan");
    }
    findings.push({ check, anomaly, plan, seed: undefined });
  }
  return { kind: "ended", seedsRun: 0, findings };
}

/** Undefined where it is no JSON; there is no other text that says so. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return undefined;
  }
}

/** A point of the store that a swarm must reach and did not. */
const CHECK_REACHED = "never-reached";

const EXIT_SILENT = 0;
const EXIT_FOUND = 1;
const STOP_TIMEOUT_MS = 5_000;
const STDERR_CHARS_MAX = 1_000_000;

function failed(reason: string): CopyRun {
  return { kind: "failed", reason };
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
