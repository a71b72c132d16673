import type { Capacities } from "../ring/capacity-shares.ts";
import type { DatacenterPlacement } from "../ring/datacenter-placement.ts";
import { checkPlacement } from "../ring/datacenter-placement.ts";
import type { RingOptions } from "../ring/partition-table.ts";
import type { NodeConfiguration } from "./configuration.ts";

type RingPart = Pick<
  NodeConfiguration,
  "clusterId" | "members" | "partitions" | "n" | "replicasPerDatacenter"
>;

/** The first ring of a configured cluster. Throws RangeError, one line, where its datacenters cannot hold what they shall. */
export function ringOptionsOf(configuration: RingPart): RingOptions {
  const { clusterId, members, partitions } = configuration;
  const nodes = members.map(({ id }) => id);
  const placement = placementOf(configuration);
  if (placement !== undefined) checkPlacement(nodes, placement);
  return {
    clusterId,
    nodes,
    partitionCount: partitions,
    capacities: capacitiesOf(configuration),
    placement,
  };
}

function placementOf({
  members,
  n,
  replicasPerDatacenter,
}: RingPart): DatacenterPlacement | undefined {
  const datacenterOf = new Map(
    members.flatMap(({ id, datacenter }) =>
      datacenter === undefined ? [] : [[id, datacenter] as const],
    ),
  );
  if (datacenterOf.size === 0) {
    if (replicasPerDatacenter === undefined) return undefined;
    throw new RangeError("no member names a datacenter");
  }
  const replicas =
    replicasPerDatacenter === undefined
      ? undefined
      : new Map(Object.entries(replicasPerDatacenter));
  return { n, datacenterOf, replicas };
}

function capacitiesOf({ members, n }: RingPart): Capacities {
  return { n, capacityOf: new Map(members.map(({ id, capacity }) => [id, capacity ?? 1])) };
}
