/*
 * `npm run bench:http`: the speed of the store through its HTTP API.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { BENCH_EXIT, runBenchMain } from "./bench-flags.ts";
import { failuresOf, multiVersionShare, printedFigures } from "./http-figures.ts";
import type { HttpBenchOptions } from "./http-options.ts";
import { HTTP_BENCH_USAGE, parseHttpBenchOptions } from "./http-options.ts";
import { runHttpBench } from "./run-http-bench.ts";

const ROOT = join(import.meta.dirname, "../..");

await runBenchMain(async (argv, signal) => {
  const options = parseHttpBenchOptions(argv);
  if (options === undefined) {
    process.stdout.write(HTTP_BENCH_USAGE);
    return BENCH_EXIT.done;
  }
  return await measure(options, signal);
});

async function measure(options: HttpBenchOptions, signal: AbortSignal): Promise<number> {
  const profileFolder = join(ROOT, "results/profiles");
  const figures = await runHttpBench(options, {
    nodeMain: join(ROOT, "src/main.ts"),
    profileFolder,
    progress: (line) => process.stdout.write(`${line}\n`),
    signal,
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
  return failures.length === 0 ? BENCH_EXIT.done : BENCH_EXIT.failed;
}
