/** `node remove-run.ts RUN`: removes what is there of a run, for a harness that had no time to do it. */

import { setTimeout as sleep } from "node:timers/promises";
import { leftoversOf, removeRun } from "./leftovers.ts";

/** A program that was creating something when the harness ended may have its last request under way. */
const QUIET_MS = 3_000;

const [run = ""] = process.argv.slice(2);
// Without a name every cluster on the engine would be meant.
if (run === "") throw new Error("Cannot remove a run: its name is missing");
do {
  await removeRun(run);
  await sleep(QUIET_MS);
} while ((await leftoversOf(run)).length > 0);
