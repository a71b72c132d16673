/** What the commands `snapshot` and `restore` have in common. */

import { parseArgs } from "node:util";
import { httpOrigin, shownUrl, urlTexts } from "./base/base-url.ts";
import { createHttpCaller } from "./platform/http-client.ts";
import { createNodeClock } from "./platform/node-clock.ts";
import type { SnapshotFolder } from "./platform/snapshot-folder.ts";
import type { SnapshotEnvironment } from "./snapshot/contract.ts";
import { SnapshotError } from "./snapshot/contract.ts";
import type { ProgressLine } from "./snapshot/progress.ts";
import { progressLine } from "./snapshot/progress.ts";

export const EXIT_INCOMPLETE = 1;
const EXIT_BAD_USE = 64;
const EXIT_FAILED = 70;
/** Progress and complaints go to standard error, what came of it to standard output. */
const COLUMNS = 200;
/** A page, and the longest record on it. */
const RESPONSE_BYTES_MAX = 256 * 1_024 * 1_024;

export type Flags = Readonly<Record<string, string | boolean | undefined>>;

/** Flags by name: true of those that take a value. Throws SnapshotError. */
export function readFlags(
  argv: readonly string[],
  flags: Readonly<Record<string, boolean>>,
): Flags {
  const options = Object.fromEntries(
    Object.entries({ ...flags, help: false }).map(([name, takesValue]) => [
      name,
      { type: takesValue ? ("string" as const) : ("boolean" as const) },
    ]),
  );
  try {
    return parseArgs({ args: [...argv], options }).values as Flags;
  } catch (error) {
    const reason = error instanceof Error ? error.message.split(". ")[0] : String(error);
    throw new SnapshotError("use", `Cannot read the arguments: ${reason} (--help lists them)`, {
      cause: error,
    });
  }
}

/** A flag that must be there. Throws SnapshotError. */
export function required(flags: Flags, name: string, what: string): string {
  const value = flags[name];
  if (typeof value === "string" && value !== "") return value;
  throw new SnapshotError("use", `Cannot begin without --${name}: give ${what} (--help)`);
}

/** Origins of nodes, separated by commas. Throws SnapshotError. */
export function urlsOf(flags: Flags, name: string): readonly string[] {
  const text = required(flags, name, "the URLs of the cluster's nodes, separated by commas");
  const urls = urlTexts(text).map((each) => {
    const origin = httpOrigin(each.trim());
    if (origin === undefined) {
      throw new SnapshotError(
        "use",
        `Cannot use --${name} ${JSON.stringify(shownUrl(each))}: allowed are URLs such as http://10.0.0.1:8080, separated by commas`,
      );
    }
    return origin;
  });
  return [...new Set(urls)];
}

/** Runs `work` over real connections and a real folder, with progress on standard error. */
export async function withEnvironment<T>(
  files: SnapshotFolder,
  work: (environment: SnapshotEnvironment) => Promise<T>,
): Promise<T> {
  const http = createHttpCaller({ responseBytesMax: RESPONSE_BYTES_MAX });
  const clock = createNodeClock();
  const progress = terminalProgress(() => clock.monotonicMs());
  try {
    return await work({ http, clock, files, onProgress: progress.update });
  } finally {
    progress.end();
    http.close();
  }
}

function terminalProgress(nowMs: () => number): ProgressLine {
  const { stderr } = process;
  const isTerminal = stderr.isTTY === true;
  const columns = isTerminal ? stderr.columns : COLUMNS;
  return progressLine({ write: (text) => void stderr.write(text), isTerminal, columns, nowMs });
}

/** The end of a command that failed: one line, and 64 for what the caller can put right, else 70. */
export function fail(error: unknown): never {
  process.stderr.write(`${sentenceOf(error)}\n`);
  process.exit(error instanceof SnapshotError && error.kind === "use" ? EXIT_BAD_USE : EXIT_FAILED);
}

export function sentenceOf(error: unknown): string {
  if (error instanceof SnapshotError) return error.message;
  return `Unexpected error: ${error instanceof Error ? error.stack : error}`;
}

/** Complaints of a folder. */
export function complain(sentence: string, cause: unknown): SnapshotError {
  return new SnapshotError("failure", sentence, { cause });
}
