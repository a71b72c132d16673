import { canKeep, datacenterSizes } from "../nemesis/datacenters.ts";
import type { DatacentersPlan, NemesisKind, Plan } from "../run/plan.ts";
import { UsageError } from "./exit-status.ts";
import type { Flag, FlagValues } from "./flags.ts";
import { wholeNumber } from "./flags.ts";

/** What `bench` is told of datacenters. */
export const DATACENTER_FLAGS: Readonly<Record<string, Flag>> = {
  datacenters: {
    value: "COUNT",
    help: "deal the nodes out to so many, in turn, 1 to --nodes (default: nodes have none)",
  },
  "datacenter-replicas": {
    value: "COUNTS",
    help: "copies that each keeps, N together, for example 2,1,0 (default: as even as can be)",
  },
};

/** Throws UsageError where no cluster could start so, or a fault needs datacenters that are not there. */
export function datacentersOf(
  values: FlagValues,
  plan: Pick<Plan, "cluster" | "nodes" | "n"> & { readonly nemesis: readonly NemesisKind[] },
): Pick<Plan, "datacenters"> {
  const count = wholeNumber(values, "datacenters", { min: 1, max: plan.nodes, byDefault: 0 });
  if (plan.cluster === "external" && count > 0) {
    throw new UsageError("Cannot use --datacenters with --cluster external: its nodes decide that");
  }
  if (plan.nemesis.includes("datacenter") && count < 2) {
    throw new UsageError(
      "Cannot use --nemesis datacenter without --datacenters: allowed is 2 or more",
    );
  }
  const text = values["datacenter-replicas"];
  if (count === 0) {
    if (text === undefined) return {};
    throw new UsageError("Cannot use --datacenter-replicas without --datacenters");
  }
  if (typeof text !== "string") return { datacenters: { count } };
  return { datacenters: { count, replicas: replicasOf(text, { ...plan, count }) } };
}

function replicasOf(
  text: string,
  { nodes, n, count }: Pick<Plan, "nodes" | "n"> & DatacentersPlan,
): readonly number[] {
  const replicas = text.split(",").map((each) => (/^\d{1,2}$/.test(each) ? Number(each) : -1));
  if (canKeep(replicas, { nodes, n }, { count })) return replicas;
  const sizes = datacenterSizes(nodes, { count });
  throw new UsageError(
    `Cannot use --datacenter-replicas ${text}: allowed are ${count} numbers, ${n} together, none over the nodes of its datacenter (${sizes.join(", ")})`,
  );
}
