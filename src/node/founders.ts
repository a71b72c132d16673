import type { Founders } from "../membership/view.ts";
import { createRing } from "../ring/partition-table.ts";
import type { Ring } from "../ring/ring.ts";
import type { NodeConfiguration } from "./configuration.ts";
import { ringOptionsOf } from "./ring-options.ts";

type FoundersPart = Pick<
  NodeConfiguration,
  "clusterId" | "members" | "partitions" | "n" | "replicasPerDatacenter"
>;

/** How a configured cluster begins. Throws RangeError as `ringOptionsOf` does. */
export function foundersOf(
  configuration: FoundersPart,
  ring: Ring = createRing(ringOptionsOf(configuration)),
): Founders {
  const { clusterId, members } = configuration;
  const { nodes, owners, placement, stamp } = ring;
  return { table: { clusterId, epoch: stamp.epoch, nodes, owners, placement }, members };
}
