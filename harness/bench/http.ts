/*
 * `npm run bench:http`: the speed of the store through its HTTP API. Handlers for unexpected ends come before everything
 * else, so that a bug of the benchmark is never taken for a slow store.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { failuresOf, multiVersionShare, printedFigures } from "./http-figures.ts";
import type { HttpBenchOptions } from "./http-options.ts";
import { HTTP_BENCH_USAGE, parseHttpBenchOptions } from "./http-options.ts";
import { runHttpBench } from "./run-http-bench.ts";
import { UsageError } from "./usage-error.ts";

const EXIT = { done: 0, failed: 1, usage: 64, broken: 70, interrupted: 130 } as const;
const ROOT = join(import.meta.dirname, "../..");

for (const event of ["uncaughtException", "unhandledRejection"] as const) {
  process.on(event, (error: unknown) => {
    process.stderr.write(`${reasonOf(error)}\n`);
    process.exit(EXIT.broken);
  });
}

const interruption = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => interruption.abort(new Error(`Interrupted by ${signal}`)));
}

process.exit(await main(process.argv.slice(2)));

async function main(argv: readonly string[]): Promise<number> {
  try {
    const options = parseHttpBenchOptions(argv);
    if (options === undefined) {
      process.stdout.write(HTTP_BENCH_USAGE);
      return EXIT.done;
    }
    return await measure(options);
  } catch (error) {
    process.stderr.write(`${reasonOf(error)}\n`);
    if (error instanceof UsageError) return EXIT.usage;
    return interruption.signal.aborted ? EXIT.interrupted : EXIT.broken;
  }
}

async function measure(options: HttpBenchOptions): Promise<number> {
  const profileFolder = join(ROOT, "results/profiles");
  const figures = await runHttpBench(options, {
    nodeMain: join(ROOT, "src/main.ts"),
    profileFolder,
    progress: (line) => process.stdout.write(`${line}\n`),
    signal: interruption.signal,
  });
  const failures = failuresOf(figures, options.targets);
  const out = [printedFigures(figures, options), ...failures.map((reason) => `FAILED: ${reason}`)];
  if (options.cpuProfile) out.push(`CPU profile of the first node: ${profileFolder}`);
  process.stdout.write(`\n${out.join("\n")}\n`);
  if (options.out !== undefined) {
    const stored = {
      format: "ringside-bench-http",
      version: 1,
      runtime: process.version,
      options,
      ...figures,
      multiVersionShare: multiVersionShare(figures),
      failures,
    };
    await mkdir(dirname(options.out), { recursive: true });
    await writeFile(options.out, `${JSON.stringify(stored, undefined, 2)}\n`);
  }
  return failures.length === 0 ? EXIT.done : EXIT.failed;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
