import type { NodeConfiguration } from "../../../src/node/configuration.ts";
import { parseConfiguration } from "../../../src/node/parse-configuration.ts";
import type { ClusterPlan, WrittenConfiguration } from "../node-configuration-file.ts";
import { nodeConfigurationFile } from "../node-configuration-file.ts";
import { SimNetwork } from "./sim-network.ts";
import type { WorldPlan } from "./world-plan.ts";

/** One cluster's secret, known to the simulation alone. */
export const SIM_SECRET = "the secret of a simulated cluster";
export const SIM_CLUSTER_ID = "sim";

/** The configuration of one node of a simulated cluster, read as a real node reads its file. */
export function simConfiguration(
  { plan, world }: { readonly plan: ClusterPlan; readonly world: WorldPlan },
  names: readonly string[],
  name: string,
): NodeConfiguration {
  const places = names.map((each) => ({
    name: each,
    httpAddress: `${each}.node:8000`,
    rpcAddress: SimNetwork.plainAddressOf(each),
    dataFolder: "none",
  }));
  const self = places.find((place) => place.name === name);
  if (self === undefined) throw new RangeError(`Cannot find node ${name}`);
  const peers = names.filter((peer) => peer !== name);
  const routes = Object.fromEntries(
    peers.map((peer) => [peer, SimNetwork.addressOf({ from: name, to: peer })]),
  );
  const file = nodeConfigurationFile(plan, {
    clusterId: SIM_CLUSTER_ID,
    clusterSecret: SIM_SECRET,
    self,
    places,
    routes,
  });
  return parseConfiguration({
    ...file,
    ...(world.capacities && { members: withCapacities(file.members, world.capacities) }),
    sync: world.sync,
    // A plan says so where it wants one: what a disk does to reads is the rule here.
    rowCacheBytes: 0,
    // Static; faults that remove a node write another list of members.
    gossipMs: 0,
    ...world.settings,
  });
}

function withCapacities(
  members: WrittenConfiguration["members"],
  capacities: NonNullable<WorldPlan["capacities"]>,
): readonly object[] {
  return members.map((member) => ({ ...member, capacity: capacities[member.id] ?? 1 }));
}
