import type { SeededRandom } from "../../src/base/seeded-random.ts";
import { linkName } from "../cluster/contract.ts";
import type { DelayPlan, WorldPlan } from "../drivers/sim/world-plan.ts";
import { datacenterOf, datacenterSizes } from "../nemesis/datacenters.ts";
import { pairsOf } from "../nemesis/probes.ts";
import type { DatacentersPlan, Plan } from "../run/plan.ts";
import { chance, wholeBetween } from "./chance.ts";

const SHARE = 0.3;
const DATACENTERS_MAX = 4;
const COUNTED_SHARE = 0.5;
const FAR_SHARE = 0.5;
/** Elsewhere all ways are long already. */
const NEAR_MS_MAX = 10;
const FAR_MS_MIN = 5;
const FAR_MS_MAX = 40;
/** Ways over the network that a forwarded request takes at most, and some air. */
const WAYS = 8;

/** In some seeds nodes have datacenters, in half of these with so many copies in each. */
export function drawDatacenters(
  random: SeededRandom,
  { nodes, n }: Pick<Plan, "nodes" | "n">,
): Pick<Plan, "datacenters"> {
  if (!chance(random, SHARE) || nodes < 2) return {};
  const count = wholeBetween(random, 2, Math.min(DATACENTERS_MAX, nodes));
  if (!chance(random, COUNTED_SHARE)) return { datacenters: { count } };
  const sizes = datacenterSizes(nodes, { count });
  const replicas = sizes.map(() => 0);
  for (let left = n; left > 0; left -= 1) {
    const open = sizes.flatMap((size, at) => ((replicas[at] ?? 0) < size ? [at] : []));
    const at = random.pick(open);
    replicas[at] = (replicas[at] ?? 0) + 1;
  }
  return { datacenters: { count, replicas } };
}

/** The world, in some seeds with long ways from each datacenter to the others, and requests that have the time for them. */
export function withFarDatacenters(
  random: SeededRandom,
  nodes: readonly string[],
  { world, datacenters }: { readonly world: WorldPlan; readonly datacenters?: DatacentersPlan },
): WorldPlan {
  const isNear = world.network.meanMs <= NEAR_MS_MAX && world.diskWrite.meanMs <= NEAR_MS_MAX;
  if (datacenters === undefined || !isNear || !chance(random, FAR_SHARE)) return world;
  const meanMs = wholeBetween(random, FAR_MS_MIN, FAR_MS_MAX);
  const { requestTimeoutMs = 500 } = world.settings;
  const neededMs = Math.ceil(WAYS * (meanMs + world.diskWrite.meanMs + world.diskRead.meanMs));
  return {
    ...world,
    links: {
      ...world.links,
      ...farLinks(nodes, datacenters, { minMs: Math.floor(meanMs * 0.8), meanMs }),
    },
    settings: { ...world.settings, requestTimeoutMs: Math.max(requestTimeoutMs, neededMs) },
  };
}

/** The same delay on every link from one datacenter to another. */
export function farLinks(
  nodes: readonly string[],
  datacenters: DatacentersPlan,
  delay: DelayPlan,
): WorldPlan["links"] {
  const places = datacenterOf(nodes, datacenters);
  return Object.fromEntries(
    pairsOf(nodes)
      .filter(({ from, to }) => places.get(from) !== places.get(to))
      .map((link) => [linkName(link), delay]),
  );
}
