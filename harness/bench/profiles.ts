/*
 * `npm run bench:profiles`: for each of the paper's patterns of use (section 6) a choice of N, R, W, engine and buffer, held to a
 * declared SLA (D-2.1-6): the p99.9 of reads and of writes at a rate, and what saturated nodes serve.
 */
import { join } from "node:path";
import { SeededRandom } from "../../src/base/seeded-random.ts";
import { createHttpCaller } from "../../src/platform/http-client.ts";
import { createNodeClock } from "../../src/platform/node-clock.ts";
import { startBenchCluster } from "./bench-cluster.ts";
import { BENCH_EXIT, readBenchFlags, runBenchMain, wholeFlag } from "./bench-flags.ts";
import type { ProfileResult, ProfileScale } from "./run-profile.ts";
import { missedOf, runProfile, slowestOf } from "./run-profile.ts";
import { UsageError } from "./usage-error.ts";
import type { UsageProfile } from "./usage-profiles.ts";
import { USAGE_PROFILES } from "./usage-profiles.ts";

const NAMES = USAGE_PROFILES.map(({ name }) => name);

const USAGE = `Each pattern of use of the paper (${NAMES.join(", ")}) on nodes that are processes, configured for it: visitors who come at
the declared rate, whose requests are timed from the moment in which they were due; then visitors who saturate the nodes. Met: p99.9 of
reads and of writes (the slowest, "max", of fewer than 1,000 writes) below the declared limit, and no fewer requests a second than declared.

  npm run bench:profiles -- [flags]

  --only LIST            profiles by name, separated by commas, default all
  --nodes COUNT          3 to 50, default 3
  --seconds SECONDS      at the declared rate, 1 to 86400, default 30
  --saturate SECONDS     saturated, 1 to 3600, default 10
  --visitors COUNT       who saturate, 1 to 1000, default 64
  --seed NUMBER          for keys and arrivals, default 1
  --help                 this text

Exit status: 0 every SLA was met, 1 one was not, 64 bad use, 70 the benchmark itself broke.
`;

const NODE_MAIN = join(import.meta.dirname, "../../src/main.ts");
const WARM_UP_MS = 3_000;
const VISITORS = 64;
const KEYS = 2_000;
const HEAD =
  "profile    N,R,W  versioning   engine  buffer   reads: p50      p99          p99.9  writes: p50      p99          p99.9   failed  saturated";

await runBenchMain(async (argv, signal) => {
  const text = { type: "string" } as const;
  const flags = readBenchFlags(argv, {
    only: text,
    nodes: text,
    seconds: text,
    saturate: text,
    visitors: text,
    seed: text,
    help: { type: "boolean" },
  });
  if (flags.help === true) {
    process.stdout.write(USAGE);
    return BENCH_EXIT.done;
  }
  const profiles = chosen(flags.only);
  const nodes = wholeFlag("nodes", flags.nodes, { min: 3, max: 50 }, 3);
  const seed = wholeFlag("seed", flags.seed, { min: 0, max: Number.MAX_SAFE_INTEGER }, 1);
  const seconds = (name: "seconds" | "saturate", max: number, fallback: number) =>
    1_000 * wholeFlag(name, flags[name], { min: 1, max }, fallback);
  const scale = {
    keys: KEYS,
    warmUpMs: WARM_UP_MS,
    measuredMs: seconds("seconds", 86_400, 30),
    saturatedMs: seconds("saturate", 3_600, 10),
    visitors: wholeFlag("visitors", flags.visitors, { min: 1, max: 1_000 }, VISITORS),
  };
  process.stdout.write(`${HEAD}\n`);
  let isMet = true;
  for (const profile of profiles) {
    const result = await measure(profile, { nodes, seed, scale, signal });
    const missed = missedOf(profile, result);
    isMet &&= missed.length === 0;
    process.stdout.write(`${lineOf(profile, result)}\n  ${verdictOf(profile, missed)}\n`);
  }
  return isMet ? BENCH_EXIT.done : BENCH_EXIT.failed;
});

/** Throws UsageError. */
function chosen(only: string | undefined): readonly UsageProfile[] {
  const names = only?.split(",") ?? NAMES;
  return names.map((name) => {
    const found = USAGE_PROFILES.find((profile) => profile.name === name);
    if (found !== undefined) return found;
    throw new UsageError(`Cannot use --only ${name}: allowed are ${NAMES.join(", ")}`);
  });
}

interface Measured {
  readonly nodes: number;
  readonly seed: number;
  readonly scale: ProfileScale;
  readonly signal: AbortSignal;
}

async function measure(
  profile: UsageProfile,
  { nodes, seed, scale, signal }: Measured,
): Promise<ProfileResult> {
  const ended = new AbortController();
  const over = AbortSignal.any([signal, ended.signal]);
  const { n, r, w, versioning, engine, writeBuffer } = profile;
  const cluster = await startBenchCluster({
    nodes,
    engine,
    writeBuffer,
    nodeMain: NODE_MAIN,
    settings: { n, r, w, versioning },
    onDeath: (error) => ended.abort(error),
  });
  const http = createHttpCaller({ connectionsMax: 1_024 });
  const place = { clock: createNodeClock(), http, urls: cluster.urls };
  try {
    const random = new SeededRandom(`profile ${profile.name} ${seed}`);
    return await Promise.race([
      runProfile(profile, { place, random, scale }),
      new Promise<never>((_, reject) => {
        over.addEventListener("abort", () => reject(over.reason), { once: true });
      }),
    ]);
  } finally {
    http.close();
    await cluster.stop();
  }
}

function lineOf(profile: UsageProfile, result: ProfileResult): string {
  const { name, n, r, w, versioning, engine, writeBuffer } = profile;
  const cells = [result.readsUs, result.writesUs].flatMap((latenciesUs) => {
    const at = (percentile: number) => cellOf(latenciesUs.getValueAtPercentile(percentile) / 1_000);
    const { percentile, ms } = slowestOf(latenciesUs);
    const slowest = percentile === "max" ? `max ${cellOf(ms)}` : cellOf(ms);
    return [at(50).padStart(11), at(99).padStart(8), slowest.padStart(14)];
  });
  return [
    name.padEnd(10),
    `${n},${r},${w}`.padEnd(6),
    versioning.padEnd(12),
    engine.padEnd(7),
    String(writeBuffer || "none").padEnd(6),
    ...cells,
    String(result.failed).padStart(8),
    `${result.saturatedPerSecond.toFixed(0)}/s`.padStart(10),
  ].join(" ");
}

function cellOf(ms: number): string {
  return `${ms.toFixed(1)} ms`;
}

function verdictOf({ sla }: UsageProfile, missed: readonly string[]): string {
  const declared = `p99.9 < ${sla.p999Ms} ms at ${sla.ratePerSecond} requests/s, ${sla.saturatedPerSecond} requests/s saturated`;
  return missed.length === 0 ? `met: ${declared}` : `MISSED: ${declared}: ${missed.join("; ")}`;
}
