/**
 * One node as a process: `npm start -- --config FILE`. The handlers for unexpected ends are installed before anything
 * else is loaded.
 */
import { enableCompileCache, flushCompileCache } from "node:module";
import { join } from "node:path";

process.on("uncaughtException", (error) => {
  exitWith(1, `Unexpected error: ${error.stack ?? error.message}`);
});
process.on("unhandledRejection", (reason) => {
  exitWith(1, `Unhandled rejection: ${reason instanceof Error ? reason.stack : reason}`);
});

// What was compiled before is not compiled again, and the compiler that strips types, 27 MiB of memory, stays away. Where the folder
// cannot be written all goes on without it.
enableCompileCache(join(import.meta.dirname, "../node_modules/.cache/ringside"));

const { exitStatusOf, startNode } = await import("./start-node.ts");

try {
  await startNode(process.argv.slice(2));
  // Now, for a node may end by a signal that leaves no time.
  flushCompileCache();
} catch (error) {
  exitWith(exitStatusOf(error), error instanceof Error ? error.message : String(error));
}

function exitWith(status: number, sentence: string): never {
  process.stderr.write(`${sentence}\n`);
  process.exit(status);
}
