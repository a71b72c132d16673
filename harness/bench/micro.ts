/*
 * `npm run bench:micro`: how long the functions take that every request runs through. Each sample is a batch of calls,
 * since one call is shorter than the clock is exact; so the spread is that of batches, not of calls.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { Bench } from "tinybench";
import { microTasks } from "./micro-tasks.ts";
import { UsageError } from "./usage-error.ts";

const USAGE = `Measures the functions that every request runs through.

  npm run bench:micro -- [flags]

  --filter TEXT      only tasks whose name contains it
  --time-ms COUNT    time for each task, 10 to 60000, default 300
  --out FILE         write the figures as JSON
  --help             this text
`;

const BATCH = 100;
const NS_PER_MS = 1e6;

interface Figure {
  readonly name: string;
  /** Nanoseconds a call; median and 99th percentile over batches. */
  readonly nsMean: number;
  readonly nsP50: number;
  readonly nsP99: number;
  readonly callsPerSecond: number;
  /** Relative margin of error of the mean, in percent. */
  readonly errorPercent: number;
}

process.exitCode = await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<number> {
  try {
    const flags = readFlags(argv);
    if (flags.help) {
      process.stdout.write(USAGE);
      return 0;
    }
    const figures = await measure(flags.filter, flags.timeMs);
    process.stdout.write(`${printed(figures)}\n`);
    if (flags.out !== undefined) {
      const stored = { format: "ringside-bench-micro", version: 1, runtime: process.version };
      await mkdir(dirname(flags.out), { recursive: true });
      await writeFile(flags.out, `${JSON.stringify({ ...stored, figures }, undefined, 2)}\n`);
    }
    return 0;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof UsageError ? 64 : 70;
  }
}

async function measure(filter: string, timeMs: number): Promise<readonly Figure[]> {
  const tasks = microTasks().filter(({ name }) => name.includes(filter));
  if (tasks.length === 0) {
    throw new UsageError(`Cannot use --filter ${filter}: no task's name contains it`);
  }
  const kept = { last: undefined as unknown };
  const bench = new Bench({ time: timeMs, warmupTime: timeMs / 3, throws: true });
  for (const { name, run } of tasks) {
    bench.add(name, () => {
      for (let call = 0; call < BATCH; call += 1) {
        kept.last = run();
      }
    });
  }
  await bench.run();
  return bench.tasks.map(({ name, result }) => {
    if (result.state !== "completed") {
      throw new Error(`Cannot measure ${name}: it ended as ${result.state}`);
    }
    const ns = (batchMs: number) => (batchMs * NS_PER_MS) / BATCH;
    const { latency } = result;
    return {
      name,
      nsMean: ns(latency.mean),
      nsP50: ns(latency.p50),
      nsP99: ns(latency.p99),
      callsPerSecond: 1e9 / ns(latency.mean),
      errorPercent: latency.rme,
    };
  });
}

function printed(figures: readonly Figure[]): string {
  const width = Math.max(...figures.map(({ name }) => name.length));
  const rows = figures.map((figure) =>
    [
      figure.name.padEnd(width),
      figure.nsMean.toFixed(0).padStart(10),
      figure.nsP50.toFixed(0).padStart(10),
      figure.nsP99.toFixed(0).padStart(10),
      Math.round(figure.callsPerSecond).toLocaleString("en-US").padStart(14),
      `${figure.errorPercent.toFixed(1)} %`.padStart(9),
    ].join(""),
  );
  const head = `${"ns a call".padEnd(width)}      mean       p50       p99       calls/s    error`;
  return [head, ...rows].join("\n");
}

function readFlags(argv: readonly string[]) {
  const text = { type: "string" } as const;
  const parsed = (() => {
    try {
      return parseArgs({
        args: [...argv],
        options: { filter: text, "time-ms": text, out: text, help: { type: "boolean" } },
      }).values;
    } catch (cause) {
      const [reason] = (cause instanceof Error ? cause.message : String(cause)).split("\n");
      throw new UsageError(`Cannot read the flags: ${reason}`, { cause });
    }
  })();
  const timeMs = Number(parsed["time-ms"] ?? "300");
  if (!Number.isInteger(timeMs) || timeMs < 10 || timeMs > 60_000) {
    throw new UsageError(
      `Cannot use --time-ms ${parsed["time-ms"]}: it must be a whole number from 10 to 60000`,
    );
  }
  return { filter: parsed.filter ?? "", timeMs, out: parsed.out, help: parsed.help === true };
}
