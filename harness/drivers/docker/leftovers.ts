/** What is there of a run, or of runs whose harness is no more, and its removal. */

import { isAlive } from "../is-alive.ts";
import { DockerError } from "./docker-error.ts";
import { docker } from "./docker-program.ts";
import { localOwner, OWNER_LABEL, RUN_LABEL } from "./labels.ts";

/** In the order in which they can be removed. */
const KINDS = {
  container: { list: ["ps", "--all"], remove: ["rm", "--force", "--volumes"], id: "{{.ID}}" },
  network: { list: ["network", "ls"], remove: ["network", "rm"], id: "{{.ID}}" },
  volume: { list: ["volume", "ls"], remove: ["volume", "rm"], id: "{{.Name}}" },
} as const;

type Kind = keyof typeof KINDS;
const NAMES = Object.keys(KINDS) as readonly Kind[];

const ATTEMPTS = 5;

/** Each container, network and volume of the run, in a few words. */
export async function leftoversOf(run: string): Promise<readonly string[]> {
  const lists = NAMES.map(async (kind) => (await idsOf(kind, run)).map((id) => `${kind} ${id}`));
  return (await Promise.all(lists)).flat();
}

/**
 * Removes whatever is there of a run. Others may do the same at the same time, or still be creating what is to be removed, so
 * it looks again until nothing is left. Rejects where something cannot be removed.
 */
export async function removeRun(run: string): Promise<void> {
  let failure: DockerError | undefined;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    if ((await leftoversOf(run)).length === 0) return;
    failure = await removeOnce(run);
  }
  const left = await leftoversOf(run);
  if (left.length > 0) {
    throw failure ?? new DockerError(`Cannot remove ${run}: ${left.join(", ")} came again`);
  }
}

/** Removes the runs of harnesses on this machine that were killed before they could do it. */
export async function removeAbandonedRuns(): Promise<void> {
  const format = `{{.Label "${RUN_LABEL}"}} {{.Label "${OWNER_LABEL}"}}`;
  const lists = NAMES.map((kind) =>
    docker([...KINDS[kind].list, "--filter", `label=${OWNER_LABEL}`, "--format", format], {
      action: "look for abandoned clusters",
    }),
  );
  const lines = (await Promise.all(lists)).flatMap((printed) => printed.split("\n"));
  for (const line of new Set(lines.filter((each) => each !== ""))) {
    const [run = "", owner = ""] = line.split(" ");
    const pid = localOwner(owner);
    if (pid !== undefined && !isAlive(pid)) await removeRun(run);
  }
}

/** Removes all it finds, each kind once; the last failure. */
async function removeOnce(run: string): Promise<DockerError | undefined> {
  let failure: DockerError | undefined;
  for (const kind of NAMES) {
    const ids = await idsOf(kind, run);
    if (ids.length === 0) continue;
    try {
      await docker([...KINDS[kind].remove, ...ids], { action: `remove each ${kind} of ${run}` });
    } catch (error) {
      if (!(error instanceof DockerError)) throw error;
      failure = error;
    }
  }
  return failure;
}

async function idsOf(kind: Kind, run: string): Promise<readonly string[]> {
  const { list, id } = KINDS[kind];
  const printed = await docker([...list, "--filter", `label=${RUN_LABEL}=${run}`, "--format", id], {
    action: `look for what is left of ${run}`,
  });
  return printed.split("\n").filter((line) => line !== "");
}
