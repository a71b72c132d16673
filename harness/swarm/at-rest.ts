import { waitMs } from "../../src/env/wait.ts";
import type { Stages } from "../../src/node/stages.ts";
import { STAGE_NAMES } from "../../src/node/stages.ts";
import type { SimCluster } from "../drivers/sim/sim-cluster.ts";
import type { Finding } from "./sim-outcome.ts";

/** What must be 0 on every node when no client asks for anything and everything has settled. */
const EMPTY_AT_REST = [
  "ringside_live_requests",
  "ringside_requests_in_flight",
  "ringside_hints",
  "ringside_peers_suspected",
  ...stageGauges(["clients", "forwards", "snapshots"]),
];
/** What must be 0 there at some moment: replicas go on to compare themselves, but what leaked is there all the time. */
const EMPTY_BETWEEN_EXCHANGES = [
  "ringside_rpc_calls_in_flight",
  "ringside_rpc_served_in_flight",
  "ringside_rpc_queue_bytes",
  ...stageGauges(["peerReads", "peerWrites", "exchanges"]),
];
/** Longer than any deadline of the store. */
const REST_WITHIN_MS = 10_000;
const PAUSE_MS = 200;
const STOP_WITHIN_MS = 20_000;

/** Every request state machine has ended and every queue is empty, or a finding says what is left. */
export async function checkAtRest(cluster: SimCluster): Promise<readonly Finding[]> {
  const deadlineMs = cluster.scheduler.monotonicMs() + REST_WITHIN_MS;
  let left = leftovers(cluster, EMPTY_AT_REST);
  let busy = leftovers(cluster, EMPTY_BETWEEN_EXCHANGES);
  while (left.size + busy.size > 0 && cluster.scheduler.monotonicMs() < deadlineMs) {
    await waitMs(cluster.scheduler, PAUSE_MS);
    left = leftovers(cluster, EMPTY_AT_REST);
    const now = leftovers(cluster, EMPTY_BETWEEN_EXCHANGES);
    busy = new Map([...now].filter(([place]) => busy.has(place)));
  }
  return [...left.values(), ...busy.values()];
}

/** Stops every node as an operator would; one that never comes to its end is a finding. */
export async function checkStops(cluster: SimCluster): Promise<readonly Finding[]> {
  let stopped = false;
  const stops = [...cluster.simNodes.values()].map((machine) => machine.stop());
  const stopping = Promise.all(stops).then(() => {
    stopped = true;
  });
  await Promise.race([stopping, waitMs(cluster.scheduler, STOP_WITHIN_MS)]);
  if (stopped) return [];
  const names = [...cluster.simNodes.values()].filter((each) => each.isRunning);
  return [
    {
      check: "at-rest",
      anomaly: "a node does not stop",
      detail: `Asked to stop, ${names.map(({ name }) => name).join(", ")} still ran ${STOP_WITHIN_MS} ms later`,
    },
  ];
}

/** What is under way and what waits in these stages (D-5-3). */
function stageGauges(stages: readonly (keyof Stages)[]): readonly string[] {
  return stages.flatMap((stage) =>
    ["running", "depth"].map((what) => `ringside_stage_${what}{stage=${STAGE_NAMES[stage]}}`),
  );
}

/** By node and gauge: those that are not 0 now. */
function leftovers(
  cluster: SimCluster,
  emptyGauges: readonly string[],
): ReadonlyMap<string, Finding> {
  const left = new Map<string, Finding>();
  for (const { name, metrics } of cluster.simNodes.values()) {
    const gauges = metrics?.gauges();
    for (const gauge of emptyGauges) {
      const value = gauges?.get(gauge);
      if (value === 0) continue;
      const detail =
        value === undefined
          ? `Node ${name} has no gauge ${gauge}`
          : `At rest ${gauge} of node ${name} is ${value}`;
      left.set(`${name} ${gauge}`, {
        check: "at-rest",
        anomaly: `${gauge} is not 0 at rest`,
        detail,
      });
    }
  }
  return left;
}
