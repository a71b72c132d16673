import type { ParseArgsOptionsConfig } from "node:util";
import { parseArgs } from "node:util";
import { UsageError } from "./usage-error.ts";

/** Values of the flags, as `parseArgs` gives them. Throws UsageError, one line. */
export function readBenchFlags<const T extends ParseArgsOptionsConfig>(
  argv: readonly string[],
  options: T,
) {
  try {
    return parseArgs({ args: [...argv], options }).values;
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    const [reason] = message.split("\n");
    throw new UsageError(`Cannot read the flags: ${reason}`, { cause });
  }
}

/** A whole number in a range, or `fallback` where the flag is not given. Throws UsageError. */
export function wholeFlag(
  name: string,
  text: string | undefined,
  range: { readonly min: number; readonly max: number },
  fallback: number,
): number {
  if (text === undefined && fallback >= range.min) return fallback;
  const value = Number(text ?? fallback);
  if (!/^\d+$/.test(text ?? "") || value < range.min || value > range.max) {
    throw new UsageError(
      `Cannot use --${name} ${text ?? fallback}: it must be a whole number from ${range.min} to ${range.max}`,
    );
  }
  return value;
}

export const BENCH_EXIT = { done: 0, failed: 1, usage: 64, broken: 70, interrupted: 130 } as const;

/** Runs a benchmark's main and ends the process: a bug of the benchmark is never taken for a slow store. */
export async function runBenchMain(
  main: (argv: readonly string[], signal: AbortSignal) => Promise<number>,
): Promise<never> {
  for (const event of ["uncaughtException", "unhandledRejection"] as const) {
    process.on(event, (error: unknown) => {
      process.stderr.write(`${reasonOf(error)}\n`);
      process.exit(BENCH_EXIT.broken);
    });
  }
  const interruption = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => interruption.abort(new Error(`Interrupted by ${signal}`)));
  }
  try {
    process.exit(await main(process.argv.slice(2), interruption.signal));
  } catch (error) {
    process.stderr.write(`${reasonOf(error)}\n`);
    if (error instanceof UsageError) process.exit(BENCH_EXIT.usage);
    process.exit(interruption.signal.aborted ? BENCH_EXIT.interrupted : BENCH_EXIT.broken);
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
