/*
 * `npm run bench:footprint`: what a node costs that has much to keep or nothing to do: memory with many keys on disk, the time
 * from its start until it serves them, and the processor time of an idle cluster.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { BenchCluster } from "./bench-cluster.ts";
import { startBenchCluster } from "./bench-cluster.ts";
import { BENCH_EXIT, readBenchFlags, runBenchMain, wholeFlag } from "./bench-flags.ts";
import type { BenchEngine } from "./http-options.ts";
import { cpuSeconds, preload, readMetric } from "./run-http-bench.ts";

const USAGE = `Measures the footprint of nodes on LMDB: resident memory and time to serve with many keys of 100 bytes (3 nodes, N=3, so that each has all
of them), and the processor time of 5 nodes that nobody asks anything.

  npm run bench:footprint -- [flags]

  --keys COUNT       1 to 10000000, default 100000
  --seconds SECONDS  how long the idle cluster is watched, 1 to 3600, default 20
  --no-targets       do not fail where a target is missed
  --help             this text

Exit status: 0 done and on target, 1 not, 64 bad use, 70 the benchmark itself broke.
`;

const VALUE_BYTES = 100;
const RESIDENT_MIB_MAX = 250;
const START_MS_MAX = 1_000;
const IDLE_SHARE_MAX = 0.03;
const IDLE_NODES = 5;
const SETTLE_MS = 5_000;
const STARTS = 5;
const MIB = 1_024 * 1_024;
const ROOT = join(import.meta.dirname, "../..");

await runBenchMain(async (argv, signal) => {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  const flags = readBenchFlags(argv, { keys: text, seconds: text, "no-targets": flag, help: flag });
  if (flags.help === true) {
    process.stdout.write(USAGE);
    return BENCH_EXIT.done;
  }
  const keys = wholeFlag("keys", flags.keys, { min: 1, max: 10_000_000 }, 100_000);
  const seconds = wholeFlag("seconds", flags.seconds, { min: 1, max: 3_600 }, 20);
  const missed = [...(await fullNodes(keys, signal)), ...(await idleNodes(seconds, signal))];
  for (const line of missed) process.stdout.write(`FAILED: ${line}\n`);
  return missed.length === 0 || flags["no-targets"] === true ? BENCH_EXIT.done : BENCH_EXIT.failed;
});

async function withCluster<T>(
  { nodes, engine }: { readonly nodes: number; readonly engine: BenchEngine },
  signal: AbortSignal,
  body: (cluster: BenchCluster, over: AbortSignal) => Promise<T>,
): Promise<T> {
  const ended = new AbortController();
  const cluster = await startBenchCluster({
    nodes,
    engine,
    nodeMain: join(ROOT, "src/main.ts"),
    onDeath: (error) => ended.abort(error),
  });
  try {
    return await body(cluster, AbortSignal.any([signal, ended.signal]));
  } finally {
    await cluster.stop();
  }
}

/** Memory and start with many keys on disk; gives what misses its target. */
function fullNodes(keyCount: number, signal: AbortSignal): Promise<readonly string[]> {
  return withCluster({ nodes: 3, engine: "lmdb" }, signal, async (cluster, over) => {
    const keys = Array.from({ length: keyCount }, (_, index) => Buffer.from(`key-${index}`));
    await preload(cluster.urls, keys, { valueBytes: VALUE_BYTES }, over);
    const loaded = await residentMib(cluster);
    const loadedPrivate = await privateMib(cluster);
    const startsMs: number[] = [];
    const [first] = cluster.nodes;
    for (let start = 0; first !== undefined && start < STARTS; start += 1) {
      await first.shutDown();
      const beganMs = performance.now();
      await first.start();
      startsMs.push(performance.now() - beganMs);
      over.throwIfAborted();
    }
    const fresh = await residentMib(cluster);
    const freshPrivate = await privateMib(cluster);
    const startMs = startsMs.sort((left, right) => left - right)[Math.floor(STARTS / 2)] ?? 0;
    return [
      told("memory of a node", Math.max(...loaded), RESIDENT_MIB_MAX, {
        unit: "MiB",
        what: `${keyCount} keys of ${VALUE_BYTES} B in LMDB, just written; ${Math.max(...loadedPrivate).toFixed(1)} of it private`,
      }),
      told("memory of a node", fresh[0] ?? Number.NaN, RESIDENT_MIB_MAX, {
        unit: "MiB",
        what: `${keyCount} keys in LMDB, just started; ${(freshPrivate[0] ?? Number.NaN).toFixed(1)} of it private`,
      }),
      told("start", startMs, START_MS_MAX, {
        unit: "ms",
        what: `from the call to the first 200 of /healthz with ${keyCount} keys on disk, median of ${STARTS}`,
      }),
    ].flat();
  });
}

function idleNodes(seconds: number, signal: AbortSignal): Promise<readonly string[]> {
  return withCluster({ nodes: IDLE_NODES, engine: "lmdb" }, signal, async ({ urls }, over) => {
    await sleep(SETTLE_MS, undefined, { signal: over });
    const before = await cpuSeconds(urls);
    const beganMs = performance.now();
    await sleep(1_000 * seconds, undefined, { signal: over });
    const after = await cpuSeconds(urls);
    const share = (1_000 * (after - before)) / (performance.now() - beganMs);
    return told("idle", 100 * share, 100 * IDLE_SHARE_MAX, {
      unit: "% of a core",
      what: `${IDLE_NODES} nodes in all, over ${seconds} s`,
    });
  });
}

/** Prints one measured line; gives it where it misses its target. */
function told(
  name: string,
  value: number,
  max: number,
  { unit, what }: { readonly unit: string; readonly what: string },
): readonly string[] {
  const line = `${name}: ${value.toFixed(1)} ${unit} (${what}), the target is under ${max} ${unit}`;
  process.stdout.write(`${line}\n`);
  return value < max ? [] : [line];
}

async function residentMib({ urls }: BenchCluster): Promise<readonly number[]> {
  const each = urls.map((url) => readMetric(url, "process_resident_memory_bytes"));
  return (await Promise.all(each)).map((bytes) => bytes / MIB);
}

/**
 * How much of it nobody else could use. The rest are pages of files, of the program and of the database, which LMDB maps: they are
 * the kernel's page cache, count here for as long as memory is plenty, and are given up where it is not.
 */
async function privateMib({ nodes }: BenchCluster): Promise<readonly number[]> {
  return await Promise.all(
    nodes.map(async ({ pid }) => {
      const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
      return Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1]) / 1_024;
    }),
  );
}
