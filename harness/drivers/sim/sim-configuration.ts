import type { NodeConfiguration } from "../../../src/node/configuration.ts";
import { parseConfiguration } from "../../../src/node/parse-configuration.ts";
import type { ClusterPlan, NodePlace, WrittenConfiguration } from "../node-configuration-file.ts";
import { nodeConfigurationFile } from "../node-configuration-file.ts";
import { SimNetwork } from "./sim-network.ts";
import type { WorldPlan } from "./world-plan.ts";

/** One cluster's secret, known to the simulation alone. */
export const SIM_SECRET = "the secret of a simulated cluster";
export const SIM_CLUSTER_ID = "sim";

/** The configuration of one node of a simulated cluster, read as a real node reads its file; `spares` are machines that are no members of it. */
export function simConfiguration(
  { plan, world }: { readonly plan: ClusterPlan; readonly world: WorldPlan },
  names: readonly string[],
  name: string,
  spares: readonly string[] = [],
): NodeConfiguration {
  const all = [...names, ...spares];
  if (!all.includes(name)) throw new RangeError(`Cannot find node ${name}`);
  const peers = all.filter((peer) => peer !== name);
  const routes = Object.fromEntries(
    peers.map((peer) => [peer, SimNetwork.addressOf({ from: name, to: peer })]),
  );
  const file = nodeConfigurationFile(plan, {
    clusterId: SIM_CLUSTER_ID,
    clusterSecret: SIM_SECRET,
    self: placeOf(name),
    places: names.map(placeOf),
    routes,
  });
  return parseConfiguration({
    ...file,
    ...(world.capacities && { members: withCapacities(file.members, world.capacities) }),
    sync: world.sync,
    // A plan says so where it wants one: what a disk does to reads is the rule here.
    rowCacheBytes: 0,
    // Static, unless a plan lets nodes join and leave.
    gossipMs: 0,
    ...world.settings,
  });
}

function placeOf(name: string): NodePlace {
  return {
    name,
    httpAddress: `${name}.node:8000`,
    rpcAddress: SimNetwork.plainAddressOf(name),
    dataFolder: "none",
  };
}

function withCapacities(
  members: WrittenConfiguration["members"],
  capacities: NonNullable<WorldPlan["capacities"]>,
): readonly object[] {
  return members.map((member) => ({ ...member, capacity: capacities[member.id] ?? 1 }));
}
