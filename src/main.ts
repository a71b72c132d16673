/**
 * One node as a process: `npm start -- --config FILE`. The handlers for unexpected ends are installed before anything
 * else is loaded.
 */
process.on("uncaughtException", (error) => {
  exitWith(1, `Unexpected error: ${error.stack ?? error.message}`);
});
process.on("unhandledRejection", (reason) => {
  exitWith(1, `Unhandled rejection: ${reason instanceof Error ? reason.stack : reason}`);
});

const { exitStatusOf, startNode } = await import("./start-node.ts");

try {
  await startNode(process.argv.slice(2));
} catch (error) {
  exitWith(exitStatusOf(error), error instanceof Error ? error.message : String(error));
}

function exitWith(status: number, sentence: string): never {
  process.stderr.write(`${sentence}\n`);
  process.exit(status);
}
