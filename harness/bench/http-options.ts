import { readBenchFlags, wholeFlag } from "./bench-flags.ts";
import { UsageError } from "./usage-error.ts";

const ENGINES = ["memory", "lmdb", "sqlite"] as const;
export type BenchEngine = (typeof ENGINES)[number];

export interface HttpBenchOptions {
  readonly nodes: number;
  readonly engine: BenchEngine;
  /** Rows that a node may acknowledge before they are stored; 0 for none. */
  readonly writeBuffer: number;
  /** Bytes of rows that a node keeps in memory before a disk engine; undefined: its default. */
  readonly rowCacheBytes: number | undefined;
  readonly connections: number;
  readonly keys: number;
  readonly valueBytes: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
  readonly seed: number;
  /** False: only measures; unexpected answers fail it all the same. */
  readonly targets: boolean;
  /** Writes a CPU profile of the first node. */
  readonly cpuProfile: boolean;
  /** File that takes the figures as JSON. */
  readonly out: string | undefined;
}

export const HTTP_BENCH_USAGE = `Measures the store through its HTTP API: a cluster of nodes without proxies, preloaded keys, and connections
that each loop GET and PUT of one key after the other with the context just read.

  npm run bench:http -- [flags]

  --nodes COUNT          1 to 50, default 3 (N=3 R=2 W=2, less with fewer nodes)
  --engine KIND          memory (default), lmdb or sqlite (both synced)
  --write-buffer ROWS    acknowledged before they are stored, 0 to 1000000, default 0
  --row-cache BYTES      of rows kept in memory before a disk engine, 0 to 1000000000, default the node's own
  --connections COUNT    1 to 1000, default 32, dealt to the nodes in turn
  --keys COUNT           default 10000; each connection has its own share of them
  --value-bytes COUNT    1 to 1048576, default 1024
  --warm-up SECONDS      default 3
  --seconds SECONDS      measured time, default 15
  --seed NUMBER          for the order of keys, default 1
  --no-targets           do not fail for missing 10,000 requests/s or p99.9 < 50 ms
  --cpu-prof             write a CPU profile of the first node below results/profiles
  --out FILE             write the figures as JSON
  --help                 this text

Exit status: 0 done and on target, 1 not, 64 bad use, 70 the benchmark itself broke.
`;

/** Undefined where help was asked for; throws UsageError. */
export function parseHttpBenchOptions(argv: readonly string[]): HttpBenchOptions | undefined {
  const flags = readFlags(argv);
  if (flags.help === true) return undefined;
  const connections = wholeFlag("connections", flags.connections, { min: 1, max: 1_000 }, 32);
  return {
    nodes: wholeFlag("nodes", flags.nodes, { min: 1, max: 50 }, 3),
    engine: engineOf(flags.engine ?? "memory"),
    writeBuffer: wholeFlag("write-buffer", flags["write-buffer"], { min: 0, max: 1_000_000 }, 0),
    rowCacheBytes:
      flags["row-cache"] === undefined
        ? undefined
        : wholeFlag("row-cache", flags["row-cache"], { min: 0, max: 1_000_000_000 }, 0),
    connections,
    keys: wholeFlag("keys", flags.keys, { min: connections, max: 10_000_000 }, 10_000),
    valueBytes: wholeFlag("value-bytes", flags["value-bytes"], { min: 1, max: 1_048_576 }, 1_024),
    warmUpSeconds: wholeFlag("warm-up", flags["warm-up"], { min: 0, max: 3_600 }, 3),
    seconds: wholeFlag("seconds", flags.seconds, { min: 1, max: 86_400 }, 15),
    seed: wholeFlag("seed", flags.seed, { min: 0, max: Number.MAX_SAFE_INTEGER }, 1),
    targets: flags["no-targets"] !== true,
    cpuProfile: flags["cpu-prof"] === true,
    out: flags.out,
  };
}

function readFlags(argv: readonly string[]) {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  return readBenchFlags(argv, {
    nodes: text,
    engine: text,
    "write-buffer": text,
    "row-cache": text,
    connections: text,
    keys: text,
    "value-bytes": text,
    "warm-up": text,
    seconds: text,
    seed: text,
    "no-targets": flag,
    "cpu-prof": flag,
    out: text,
    help: flag,
  });
}

function engineOf(text: string): BenchEngine {
  const engine = ENGINES.find((each) => each === text);
  if (engine === undefined) {
    throw new UsageError(`Cannot use --engine ${text}: it must be one of ${ENGINES.join(", ")}`);
  }
  return engine;
}
