import { analyzeCommand } from "./analyze.ts";
import { bench } from "./bench.ts";
import { check } from "./check.ts";
import type { Command } from "./command.ts";
import { EXIT_BAD_USE, EXIT_INTERRUPTED, UsageError } from "./exit-status.ts";
import { mutants } from "./mutants.ts";
import { standardOutput } from "./output.ts";
import { report } from "./report.ts";
import { sim } from "./sim.ts";

const COMMANDS: Readonly<Record<string, Command>> = {
  bench,
  check,
  analyze: analyzeCommand,
  report,
  sim,
  mutants,
};

/**
 * Runs one subcommand and resolves to its exit status. The first Ctrl-C (or SIGTERM) asks it to heal, stop and keep what it
 * has; the second one ends at once. Rejects where the harness itself breaks.
 */
export async function runCommand(argv: readonly string[]): Promise<number> {
  const [name = "", ...args] = argv;
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  const output = standardOutput();
  if (command === undefined) {
    const isHelp = name === "--help" || name === "help";
    const text = `Usage: ${Object.keys(COMMANDS).join(" | ")} [flags]; --help after one tells more\n`;
    if (isHelp) output.write(text);
    else process.stderr.write(`Cannot run ${JSON.stringify(name)}. ${text}`);
    return isHelp ? 0 : EXIT_BAD_USE;
  }
  if (args.includes("--help")) {
    output.write(command.help);
    return 0;
  }
  const signal = interruption();
  try {
    return await command.run(args, { output, signal });
  } catch (error) {
    // Interrupted before there was anything to keep.
    if (signal.aborted && error === signal.reason) return EXIT_INTERRUPTED;
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return EXIT_BAD_USE;
  }
}

function interruption(): AbortSignal {
  const controller = new AbortController();
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(EXIT_INTERRUPTED);
    controller.abort();
    process.stderr.write("\nStopping; once more ends at once.\n");
  };
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  return controller.signal;
}
