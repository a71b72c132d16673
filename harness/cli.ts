/**
 * The commands of the harness. The handlers for unexpected ends are installed before anything else is loaded, so that even
 * a broken import ends with status 70 and not with a status that means a verdict.
 */
const EXIT_BROKEN = 70;

process.on("uncaughtException", (error) => broken(error));
process.on("unhandledRejection", (reason) => broken(reason));

try {
  const { runCommand } = await import("./cli/run-command.ts");
  process.exit(await runCommand(process.argv.slice(2)));
} catch (error) {
  broken(error);
}

/** Children die with this process, and the next start removes its folders. */
function broken(error: unknown): never {
  const sentence = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${sentence}\n`);
  if (process.env["RINGSIDE_TRACE"] !== undefined && error instanceof Error) {
    process.stderr.write(`${error.stack}\n`);
  }
  process.exit(EXIT_BROKEN);
}
