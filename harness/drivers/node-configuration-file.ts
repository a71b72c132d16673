import type { NodeConfiguration } from "../../src/node/configuration.ts";
import { datacenterOf, replicasPerDatacenter } from "../nemesis/datacenters.ts";
import type { Plan } from "../run/plan.ts";

/** The parts of a plan that every node's configuration takes over. */
export type ClusterPlan = Pick<
  Plan,
  | "nodes"
  | "n"
  | "r"
  | "w"
  | "partitions"
  | "quorum"
  | "versioning"
  | "truncate"
  | "clockEntriesMax"
  | "engine"
  | "writeBufferObjects"
  | "datacenters"
>;

export interface NodePlace {
  readonly name: string;
  /** `host:port`. */
  readonly httpAddress: string;
  readonly rpcAddress: string;
  readonly dataFolder: string;
}

/** What the driver fixes; the rest is the node's own default. */
export type WrittenConfiguration = Pick<
  NodeConfiguration,
  | "clusterId"
  | "clusterSecret"
  | "httpAddress"
  | "rpcAddress"
  | "routes"
  | "engine"
  | "dataFolder"
  | "sync"
  | "writeBufferObjects"
  | "n"
  | "r"
  | "w"
  | "quorum"
  | "versioning"
  | "partitions"
  | "requestTimeoutMs"
  | "antiEntropyMs"
  | "testFaults"
  | "logLevel"
> &
  Partial<Pick<NodeConfiguration, "truncate" | "clockEntriesMax" | "replicasPerDatacenter">> & {
    readonly nodeId: string;
    readonly members: readonly {
      readonly id: string;
      readonly address: string;
      readonly datacenter?: string;
    }[];
  };

/**
 * Half the nodes' default: on the cut side of a partition of a few seconds, a handful of clients must fail often enough to
 * prove that they tried.
 */
export const REQUEST_TIMEOUT_MS = 500;

/** The nodes' default is made for days: a wiped node shall be whole again within the seconds of a run. */
const ANTI_ENTROPY_MS = 1_000;

/** The configuration of one node: the places of all, and the proxies' addresses that it dials instead, by peer. */
export function nodeConfigurationFile(
  plan: ClusterPlan,
  parts: {
    readonly clusterId: string;
    readonly clusterSecret: string;
    readonly self: NodePlace;
    readonly places: readonly NodePlace[];
    readonly routes: Readonly<Record<string, string>>;
  },
): WrittenConfiguration {
  const { self } = parts;
  return {
    nodeId: self.name,
    clusterId: parts.clusterId,
    clusterSecret: parts.clusterSecret,
    httpAddress: self.httpAddress,
    rpcAddress: self.rpcAddress,
    ...membersOf(plan, parts.places),
    routes: parts.routes,
    engine: plan.engine,
    dataFolder: self.dataFolder,
    sync: true,
    writeBufferObjects: plan.writeBufferObjects ?? 0,
    n: plan.n,
    r: plan.r,
    w: plan.w,
    quorum: plan.quorum,
    versioning: plan.versioning,
    ...(plan.truncate === undefined ? {} : { truncate: plan.truncate }),
    ...(plan.clockEntriesMax === undefined ? {} : { clockEntriesMax: plan.clockEntriesMax }),
    partitions: plan.partitions,
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
    antiEntropyMs: ANTI_ENTROPY_MS,
    testFaults: true,
    logLevel: "info",
  };
}

function membersOf(
  { datacenters }: ClusterPlan,
  places: readonly NodePlace[],
): Pick<WrittenConfiguration, "members" | "replicasPerDatacenter"> {
  const members = places.map(({ name, rpcAddress }) => ({ id: name, address: rpcAddress }));
  if (datacenters === undefined) return { members };
  const names = places.map(({ name }) => name);
  const located = datacenterOf(names, datacenters);
  const replicas = replicasPerDatacenter(datacenters);
  return {
    members: members.map((each) => ({ ...each, datacenter: located.get(each.id) ?? "" })),
    ...(replicas === undefined ? {} : { replicasPerDatacenter: replicas }),
  };
}
