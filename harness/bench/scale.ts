/*
 * `npm run bench:scale`: what a cluster costs as it grows (D-2.1-5), in virtual time: messages and bytes for each node at rest, under a load that
 * grows with it and while one node is dead; connections, memory, latencies.
 */
import { BENCH_EXIT, readBenchFlags, runBenchMain, wholeFlag } from "./bench-flags.ts";
import type { FramePurpose } from "./frame-counts.ts";
import { FRAME_PURPOSES } from "./frame-counts.ts";
import type { ScaleResult, Traffic } from "./run-scale.ts";
import { runScale } from "./run-scale.ts";

const USAGE = `Simulated clusters of several sizes, static membership, N=3 R=2 W=2, 1,024 partitions: what each node sends and holds at rest,
under a load that grows with the cluster, and while one node is dead.

  npm run bench:scale -- [flags]

  --nodes LIST        sizes, 3 to 500 each, separated by commas, default 30,100,300
  --rate COUNT        requests a second for each node, 1 to 1000, default 10
  --rest SECONDS      at rest, 1 to 3600, default 60
  --load SECONDS      under load, and again with a node dead, 1 to 3600, default 5
  --seed NUMBER       1 to 1000000, default 1
  --help              this text

Exit status: 0 done, 64 bad use, 70 the benchmark itself broke.
`;

const PURPOSES = Object.keys(FRAME_PURPOSES) as readonly FramePurpose[];

await runBenchMain(async (argv, signal) => {
  const text = { type: "string" } as const;
  const flags = readBenchFlags(argv, {
    nodes: text,
    rate: text,
    rest: text,
    load: text,
    seed: text,
    help: { type: "boolean" },
  });
  if (flags.help === true) {
    process.stdout.write(USAGE);
    return BENCH_EXIT.done;
  }
  const sizes = (flags.nodes ?? "30,100,300").split(",");
  const trials = sizes.map((size) => ({
    nodes: wholeFlag("nodes", size, { min: 3, max: 500 }, 30),
    ratePerNode: wholeFlag("rate", flags.rate, { min: 1, max: 1_000 }, 10),
    restMs: 1_000 * wholeFlag("rest", flags.rest, { min: 1, max: 3_600 }, 60),
    loadMs: 1_000 * wholeFlag("load", flags.load, { min: 1, max: 3_600 }, 5),
    seed: wholeFlag("seed", flags.seed, { min: 1, max: 1_000_000 }, 1),
  }));
  for (const trial of trials) report(trial.nodes, await runScale({ ...trial, signal }));
  return BENCH_EXIT.done;
});

function report(nodes: number, result: ScaleResult): void {
  const { connections, heapBytesPerNode, exchangePeers, readsUs, writesUs, failed } = result;
  const eachNode = (count: number) => (count / nodes).toFixed(1);
  const heap =
    heapBytesPerNode === undefined ? "?" : `${(heapBytesPerNode / 1_048_576).toFixed(1)} MiB`;
  const ms = (us: number) => `${(us / 1_000).toFixed(2)} ms`;
  const latencies = [readsUs, writesUs].map((latenciesUs) =>
    [50, 99, 99.9].map((percentile) => ms(latenciesUs.getValueAtPercentile(percentile))).join(", "),
  );
  process.stdout.write(
    `${[
      `\n${nodes} nodes; connections begun by a node: ${eachNode(connections.started)} at its start, ${eachNode(connections.loaded)} by the end of the load (${connections.loaded} in all), ${result.dialsWithOneDead.toFixed(2)} a second while one is dead`,
      `  memory ${heap} a node; compares replicas with ${exchangePeers.toFixed(1)} peers; reads p50, p99, p99.9 ${latencies[0]}; writes ${latencies[1]}; failed ${failed}`,
      `  a node and second   ${PURPOSES.map((purpose) => purpose.padStart(16)).join("")}`,
    ].join("\n")}\n`,
  );
  for (const [name, traffic] of [
    ["under load", result.underLoad],
    ["at rest", result.atRest],
    ["with one dead", result.withOneDead],
  ] as const) {
    process.stdout.write(`  ${name.padEnd(18)}  ${cellsOf(traffic)}\n`);
  }
}

/** Messages and bytes. */
function cellsOf(traffic: Traffic): string {
  return PURPOSES.map((purpose) => {
    const { frames, bytes } = traffic.get(purpose) ?? { frames: 0, bytes: 0 };
    const cell = frames === 0 ? "-" : `${frames.toPrecision(3)} (${bytes.toFixed(0)} B)`;
    return cell.padStart(16);
  }).join("");
}
