/** `node remove-run.ts RUN`: removes what is there of a run, for a harness that had no time to do it. */

import { removeRun } from "./leftovers.ts";

const [run = ""] = process.argv.slice(2);
// Without a name every cluster on the engine would be meant.
if (run === "") throw new Error("Cannot remove a run: its name is missing");
await removeRun(run);
