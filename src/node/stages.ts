import type { Environment } from "../env/environment.ts";
import type { NodeConfiguration } from "./configuration.ts";
import { Stage } from "./stage.ts";

/**
 * The stages of a node's work, one for each kind (D-5-3). Work waits only for later ones, on other nodes: a client's request for a
 * forwarded write and for the reads and writes of replicas, a forwarded write for the latter, and these, exchanges and snapshots for
 * none. So no circle of full nodes can wait for itself. Pings and hellos pass none: a node that is busy is not dead.
 */
export interface Stages {
  /** Requests of clients, from admission to answer. */
  readonly clients: Stage;
  /** Writes that other nodes forwarded. */
  readonly forwards: Stage;
  /** Reads of this node's copies for peers' requests. */
  readonly peerReads: Stage;
  /** Writes to this node's copies for peers' requests; repairs and delivered hints, too. */
  readonly peerWrites: Stage;
  /** Background work for peers: comparison of trees, copies for exchanges, collection of tombstones. */
  readonly exchanges: Stage;
  /** Pages of rows for snapshots and restores. */
  readonly snapshots: Stage;
}

export type StageBounds = Pick<
  NodeConfiguration,
  | "inFlightMax"
  | "peerReadsMax"
  | "peerWritesMax"
  | "exchangeRequestsMax"
  | "rowPagesMax"
  | "stageQueueMax"
>;

export const STAGE_NAMES: Readonly<Record<keyof Stages, string>> = {
  clients: "clients",
  forwards: "forwards",
  peerReads: "peer-reads",
  peerWrites: "peer-writes",
  exchanges: "exchanges",
  snapshots: "snapshots",
};

export function createStages(
  environment: Pick<Environment, "assertions" | "clock" | "metrics">,
  bounds: StageBounds,
): Stages {
  const { inFlightMax, stageQueueMax: queueMax } = bounds;
  const stage = (name: keyof Stages, runningMax: number, most = queueMax): Stage =>
    new Stage(environment, STAGE_NAMES[name], { runningMax, queueMax: most });
  return {
    clients: stage("clients", inFlightMax),
    forwards: stage("forwards", inFlightMax),
    peerReads: stage("peerReads", bounds.peerReadsMax),
    peerWrites: stage("peerWrites", bounds.peerWritesMax),
    exchanges: stage("exchanges", bounds.exchangeRequestsMax),
    // A page is a megabyte or more: as many wait as are under way.
    snapshots: stage("snapshots", bounds.rowPagesMax, Math.min(queueMax, bounds.rowPagesMax)),
  };
}
