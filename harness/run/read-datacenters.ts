import { canKeep } from "../nemesis/datacenters.ts";
import type { DatacentersPlan, Plan } from "./plan.ts";
import type { PlanFields } from "./plan-fields.ts";

const DATACENTERS_MAX = 32;

/** Of a plan file. Refuses what its nodes could not start with. */
export function readDatacenters(
  fields: PlanFields,
  { nodes, n }: Pick<Plan, "nodes" | "n">,
): DatacentersPlan {
  const count = fields.whole("count", 1, Math.min(nodes, DATACENTERS_MAX));
  if (!fields.has("replicas")) {
    fields.end();
    return { count };
  }
  const replicas = fields.list("replicas", DATACENTERS_MAX, Number);
  if (!canKeep(replicas, { nodes, n }, { count }))
    fields.refuse("replicas", `a number for each datacenter, ${n} together`);
  fields.end();
  return { count, replicas };
}
