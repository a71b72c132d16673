import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";

/** What the swarm found. */
export interface SwarmFinding {
  readonly check: string;
  readonly anomaly: string;
  /** In which seed; undefined where it is what all seeds together never did. */
  readonly seed: number | undefined;
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
  readonly timeoutMs: number;
  /** Aborted: the child is stopped. */
  readonly signal: AbortSignal;
}

/** Runs the swarm in a copy of the checkout. Never rejects for what the copy does. */
export type RunCopy = (folder: string, order: CopyOrder) => Promise<CopyRun>;

/** Runs `harness/cli.ts sim` of the copy in a child process, until the first finding. */
export const runSwarmIn: RunCopy = async (folder, { seeds, timeoutMs, signal }) => {
  const file = join(folder, "swarm.json");
  const flags = ["--seeds", String(seeds), "--stop-at-first", "--no-shrink", "--jobs", "1"];
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
  const run = swarmOf(await textOf(file));
  if (run.kind === "failed") return run;
  const agrees = (exitCode === EXIT_FOUND) === run.findings.length > 0;
  return agrees
    ? run
    : failed(`it ended with status ${exitCode} and ${run.findings.length} findings`);
};

/** Reads what `sim --json` wrote; `failed` where it is not that. */
export function swarmOf(text: string | undefined): CopyRun {
  if (text === undefined) return failed("it wrote no swarm.json");
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return failed("its swarm.json is no JSON");
  }
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
