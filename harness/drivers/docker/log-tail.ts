import { docker } from "./docker-program.ts";

const LINES = 8;

/** The last lines of a container's log, to end a sentence about its failure. */
export async function logTail(container: string): Promise<string> {
  const printed = await docker(["logs", "--tail", `${LINES}`, container], {
    action: `read the log of ${container}`,
    withErrors: true,
  });
  return printed === "" ? "; its log is empty" : `; the end of its log:\n${printed}`;
}
