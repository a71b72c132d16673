import type { Output } from "./output.ts";

export interface CommandContext {
  readonly output: Output;
  /** Aborted by the first Ctrl-C. */
  readonly signal: AbortSignal;
}

/** One subcommand of the CLI. */
export interface Command {
  readonly help: string;
  /** Resolves to the exit status. Throws UsageError on bad use; any other error means that the harness broke. */
  run(args: readonly string[], context: CommandContext): Promise<number>;
}
