import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

/**
 * The first line that a child process prints, or undefined where its output ends before there is
 * one. To be called in the same turn as the child is started, since execa reads the output too and
 * keeps nothing for listeners that come late.
 *
 * execa's own iteration over lines is of no use here: leaving it waits for the child to end.
 */
export function firstLine(output: Readable): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const lines = createInterface({ input: output });
  lines.once("line", resolve);
  lines.once("close", () => resolve(undefined));
  return promise;
}
