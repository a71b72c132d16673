/** What is there of a run, or of runs whose harness is no more, and its removal. */

import { isAlive } from "../is-alive.ts";
import { docker } from "./docker-program.ts";
import { localOwner, OWNER_LABEL, RUN_LABEL } from "./labels.ts";

const KINDS = {
  container: { list: ["ps", "--all"], remove: ["rm", "--force", "--volumes"], id: "{{.ID}}" },
  network: { list: ["network", "ls"], remove: ["network", "rm"], id: "{{.ID}}" },
  volume: { list: ["volume", "ls"], remove: ["volume", "rm"], id: "{{.Name}}" },
} as const;

const OWNED_LIST = ["ps", "--all", "--filter", `label=${OWNER_LABEL}`];

/** Each container, network and volume of the run, in a few words. */
export async function leftoversOf(run: string): Promise<readonly string[]> {
  const lists = Object.entries(KINDS).map(async ([kind, { list, id }]) =>
    (await idsOf(run, list, id)).map((each) => `${kind} ${each}`),
  );
  return (await Promise.all(lists)).flat();
}

/** Removes whatever is there of a run; doing it twice is fine. */
export async function removeRun(run: string): Promise<void> {
  for (const [kind, { list, remove, id }] of Object.entries(KINDS)) {
    const ids = await idsOf(run, list, id);
    if (ids.length === 0) continue;
    await docker([...remove, ...ids], { action: `remove each ${kind} of ${run}` });
  }
}

/** Removes the runs of harnesses on this machine that were killed before they could do it. */
export async function removeAbandonedRuns(): Promise<void> {
  const format = `{{.Label "${RUN_LABEL}"}} {{.Label "${OWNER_LABEL}"}}`;
  const printed = await docker([...OWNED_LIST, "--format", format], {
    action: "look for abandoned clusters",
  });
  const lines = new Set(printed.split("\n").filter((line) => line !== ""));
  for (const line of lines) {
    const [run = "", owner = ""] = line.split(" ");
    const pid = localOwner(owner);
    if (pid !== undefined && !isAlive(pid)) await removeRun(run);
  }
}

async function idsOf(run: string, list: readonly string[], id: string): Promise<readonly string[]> {
  const printed = await docker([...list, "--filter", `label=${RUN_LABEL}=${run}`, "--format", id], {
    action: `look for what is left of ${run}`,
  });
  return printed.split("\n").filter((line) => line !== "");
}
