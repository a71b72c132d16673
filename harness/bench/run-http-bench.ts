import { setTimeout as sleep } from "node:timers/promises";
import { NODE_FLAGS } from "../drivers/node-flags.ts";
import type { Program } from "./bench-cluster.ts";
import { startBenchCluster } from "./bench-cluster.ts";
import type { HttpBenchFigures } from "./http-figures.ts";
import { runHttpLoad } from "./http-load.ts";
import type { HttpBenchOptions } from "./http-options.ts";
import type { LoadTally } from "./load-tally.ts";

export interface HttpBenchPlaces {
  /** Absolute path of a node's entry point. */
  readonly nodeMain: string;
  /** Folder for `--cpu-prof`. */
  readonly profileFolder: string;
  /** Told what goes on, one line each. */
  progress(line: string): void;
  /** Stops everything early when it fires. */
  readonly signal: AbortSignal;
}

const PRELOADERS = 32;
const PRELOAD_ATTEMPTS = 10;
const PRELOAD_PAUSE_MS = 500;
const ASK_TIMEOUT_MS = 10_000;

/** Starts the cluster, preloads it, runs the load, stops the cluster; leaves nothing behind, whatever happens. */
export async function runHttpBench(
  options: HttpBenchOptions,
  places: HttpBenchPlaces,
): Promise<HttpBenchFigures> {
  const ended = new AbortController();
  const over = AbortSignal.any([places.signal, ended.signal]);
  const cluster = await startBenchCluster({
    nodes: options.nodes,
    engine: options.engine,
    writeBuffer: options.writeBuffer,
    ...(options.rowCacheBytes !== undefined && {
      settings: { rowCacheBytes: options.rowCacheBytes },
    }),
    nodeMain: places.nodeMain,
    ...(options.cpuProfile ? { program: profiledFirst(places.profileFolder) } : {}),
    onDeath: (error) => ended.abort(error),
  });
  try {
    places.progress(`preloading ${options.keys} keys`);
    const keys = Array.from({ length: options.keys }, (_, index) => Buffer.from(`key-${index}`));
    const writers = Math.min(PRELOADERS, options.connections);
    await preload(cluster.urls, keys, { valueBytes: options.valueBytes, writers }, over);
    places.progress(`warming up ${options.warmUpSeconds} s, measuring ${options.seconds} s`);
    const before = await cpuSeconds(cluster.urls);
    const tally = await runHttpLoad({ ...options, urls: cluster.urls, keys, signal: over });
    const after = await cpuSeconds(cluster.urls);
    return withNodesCpu(tally, after - before);
  } finally {
    await cluster.stop();
  }
}

/** What was counted, with what the nodes' processors did meanwhile; `nodesCpuSeconds` is NaN where one does not tell. */
export function withNodesCpu(tally: LoadTally, nodesCpuSeconds: number): HttpBenchFigures {
  const nodesCpuUs = (1e6 * nodesCpuSeconds) / Math.max(tally.answers, 1);
  return { ...tally.figures(), nodesCpuUs: Number.isNaN(nodesCpuUs) ? null : nodesCpuUs };
}

/** Writes every key once, through all nodes in turn. */
export async function preload(
  urls: readonly string[],
  keys: readonly Buffer[],
  { valueBytes, writers = PRELOADERS }: { readonly valueBytes: number; readonly writers?: number },
  signal: AbortSignal,
): Promise<void> {
  const body = Buffer.alloc(valueBytes, "v");
  let next = 0;
  const work = async (worker: number): Promise<void> => {
    for (let key = keys[next++]; key !== undefined; key = keys[next++]) {
      await putOnce(
        `${urls[worker % urls.length]}/kv64/${key.toString("base64url")}`,
        body,
        signal,
      );
    }
  };
  await Promise.all(Array.from({ length: writers }, (_, worker) => work(worker)));
}

/** On a busy machine nodes may take each other for dead for a moment, and refuse. */
async function putOnce(url: string, body: Uint8Array, signal: AbortSignal): Promise<void> {
  let refusal = "";
  for (let attempt = 0; attempt < PRELOAD_ATTEMPTS; attempt += 1) {
    const bound = AbortSignal.any([signal, AbortSignal.timeout(ASK_TIMEOUT_MS)]);
    const answer = await fetch(url, { method: "PUT", body, signal: bound });
    refusal = await answer.text();
    if (answer.status === 204) return;
    if (answer.status !== 503) break;
    await sleep(PRELOAD_PAUSE_MS, undefined, { signal: bound });
  }
  throw new Error(`Cannot preload ${url}: it was refused with ${refusal.slice(0, 200)}`);
}

/** Processor time that all nodes have used, by their own metrics; NaN where one does not tell. */
export async function cpuSeconds(urls: readonly string[]): Promise<number> {
  const each = await Promise.all(urls.map((url) => readMetric(url, "process_cpu_seconds_total")));
  return each.reduce((sum, seconds) => sum + seconds, 0);
}

/** One metric of one node; NaN where it does not tell. */
export async function readMetric(url: string, name: string): Promise<number> {
  const answer = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(ASK_TIMEOUT_MS) });
  const line = new RegExp(`^${name}(?:{[^}]*})? (\\S+)`, "m").exec(await answer.text());
  return Number(line?.[1]);
}

function profiledFirst(folder: string): (nodeMain: string, index: number) => Program {
  const profiler = ["--cpu-prof", `--cpu-prof-dir=${folder}`];
  return (nodeMain, index) => [
    process.execPath,
    ...NODE_FLAGS,
    ...(index === 0 ? profiler : []),
    nodeMain,
  ];
}
