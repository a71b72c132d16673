/**
 * The second phase of a simulated run: some nodes are whole and connected, all others stay down for good, and the store must serve.
 * A store that only survives faults by waiting for their end is not alive (VOPR's liveness mode).
 */

import { waitMs } from "../../src/env/wait.ts";
import { destroysData } from "../checker/expects.ts";
import type { WorkloadClient, WorkloadClients } from "../client/contract.ts";
import type { SimCluster } from "../drivers/sim/sim-cluster.ts";
import type { SimNode } from "../drivers/sim/sim-node.ts";
import { ADD } from "../history/cart-operation.ts";
import type { Recorder } from "../history/recorder.ts";
import type { Plan } from "../run/plan.ts";
import type { Finding } from "./sim-outcome.ts";

export interface LivenessParts {
  readonly cluster: SimCluster;
  readonly recorder: Recorder;
  readonly clients: WorkloadClients;
  readonly plan: Plan;
  readonly core: readonly string[];
}

/** How long the core may take to find out who is gone, until adds of all of its clients are served at once. */
const SERVES_WITHIN_MS = 30_000;
/** And until each client was served each key: what is in doubt is not retried where the last write wins, and each pair comes up seldom. */
const SERVES_ALL_WITHIN_MS = 60_000;
const ROUND_PAUSE_MS = 100;
/** Far above the processes of the load, whose numbers grow with every operation in doubt. */
const FIRST_PROCESS = 1_000_000;

/**
 * Every node outside the core dies, or, where that would destroy its data, falls silent; the core must come to serve an add
 * of each of its clients to each key it can serve.
 */
export async function runLiveness(parts: LivenessParts): Promise<readonly Finding[]> {
  const { cluster, core, plan } = parts;
  for (const [name, machine] of cluster.simNodes) {
    if (core.includes(name)) {
      const problem = await problemOfStart(machine);
      if (problem !== undefined) return [problem];
    } else if (destroysData("crash", plan)) machine.pause();
    else machine.kill("process");
  }
  const keys = servableKeys(parts);
  if (keys.length === 0) return [];
  // One each for all of the phase, as users have: what a client learnt of a dead node it would else have to learn with every add.
  const opened = core.map((home, position) => parts.clients.open(FIRST_PROCESS + position, home));
  try {
    return await unserved(parts, keys, opened);
  } finally {
    for (const client of opened) client.close();
  }
}

async function unserved(
  parts: LivenessParts,
  keys: readonly string[],
  opened: readonly WorkloadClient[],
): Promise<readonly Finding[]> {
  const { cluster, core } = parts;
  const startMs = cluster.scheduler.monotonicMs();
  const pairs = new Set(core.flatMap((home) => keys.map((key) => pairOf(home, key))));
  let process = FIRST_PROCESS + core.length;
  let failure = "";
  let wasClean = false;
  for (let round = 0; ; round += 1) {
    const adds = opened.map(async (client, position) => {
      const home = core[position] ?? "";
      const key = keys[(round + position) % keys.length] ?? "";
      const error = await add(parts, client, { process: process++, home, key });
      if (error === undefined) pairs.delete(pairOf(home, key));
      return error;
    });
    const first = (await Promise.all(adds)).find((error) => error !== undefined);
    failure = first ?? failure;
    wasClean ||= first === undefined && round >= Math.ceil(keys.length / core.length);
    if (wasClean && pairs.size === 0) return [];
    const withinMs = wasClean ? SERVES_ALL_WITHIN_MS : SERVES_WITHIN_MS;
    if (cluster.scheduler.monotonicMs() - startMs >= withinMs) {
      const detail = `After ${withinMs} ms ${core.join(", ")} alone still do not serve every add: ${failure}`;
      return [{ check: "liveness", anomaly: "a healed core does not serve", detail }];
    }
    await waitMs(cluster.scheduler, ROUND_PAUSE_MS);
  }
}

function pairOf(home: string, key: string): string {
  return `${home} ${key}`;
}

/** A healed machine whose node does not start is a finding, whatever the error. */
async function problemOfStart(machine: SimNode): Promise<Finding | undefined> {
  try {
    await machine.start();
    return undefined;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const detail = `Node ${machine.name} does not start: ${reason}`;
    return { check: "liveness", anomaly: "a healed core node does not start", detail };
  }
}

/** Keys for which the core has nodes enough: any, or with a strict quorum those whose owners are in it. */
function servableKeys({ cluster, plan, core }: LivenessParts): readonly string[] {
  const { n, r, w, quorum, carts } = plan;
  const needed = Math.max(r, w);
  const keys = Array.from({ length: carts }, (_, number) => `cart-${number}`);
  const ring = cluster.machine(core[0] ?? "").node?.ring();
  if (ring === undefined) return [];
  return keys.filter((key) => {
    const list = ring.preferenceList(Buffer.from(key, "utf8"));
    const owners = quorum === "strict" ? list.slice(0, n) : list;
    return owners.filter((node) => core.includes(node)).length >= needed;
  });
}

/** The error of an add that was not served. */
async function add(
  { recorder }: LivenessParts,
  client: WorkloadClient,
  { process, home, key }: { readonly process: number; readonly home: string; readonly key: string },
): Promise<string | undefined> {
  const value = `live-${process}`;
  const invocation = recorder.invoke({
    process,
    node: home,
    f: ADD,
    key,
    value,
    intendedNs: recorder.nowNs(),
  });
  const completion = await client.invoke({ f: ADD, key, value });
  recorder.complete(invocation, completion);
  return completion.type === "ok" ? undefined : `${key} through ${home}: ${completion.error}`;
}
