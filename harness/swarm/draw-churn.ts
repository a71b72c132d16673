import type { SeededRandom } from "../../src/base/seeded-random.ts";
import { nodeNames } from "../cluster/node-names.ts";
import type { SimFaultKind, WorldPlan } from "../drivers/sim/world-plan.ts";
import type { Plan } from "../run/plan.ts";
import { chance, magnitudeBetween, wholeBetween } from "./chance.ts";
import type { MemberFault } from "./member-orders.ts";

const SHARE = 0.25;
const CHANGES_MAX = 4;
const JOIN_SHARE = 0.55;
/** Later a change would meet hardly any operation. */
const START_SHARE_MAX = 0.8;

export interface Churn {
  /** In the order of their start. */
  readonly faults: readonly MemberFault[];
  readonly spares: number;
  readonly gossipMs: number;
  /** Used where the seed drew none: ranges are received by exchanges. */
  readonly antiEntropyMs: number;
}

/** In some seeds nodes join and leave under load; undefined in the others. */
export function drawChurn(
  random: SeededRandom,
  run: Pick<Plan, "nodes" | "n" | "seconds" | "datacenters">,
  kinds: readonly SimFaultKind[],
): Churn | undefined {
  if (!chance(random, SHARE) || run.datacenters !== undefined) return undefined;
  const members = new Set(nodeNames(run.nodes));
  const loadMs = 1_000 * run.seconds;
  const startsMs = Array.from({ length: wholeBetween(random, 1, CHANGES_MAX) }, () =>
    wholeBetween(random, 0, Math.floor(START_SHARE_MAX * loadMs)),
  ).sort((one, other) => one - other);
  let spares = 0;
  const faults: MemberFault[] = [];
  for (const startMs of startsMs) {
    const mayLeave = members.size > run.n && kinds.includes("leave");
    const isJoin = chance(random, JOIN_SHARE) || !mayLeave;
    if (isJoin && !kinds.includes("join")) continue;
    if (isJoin) spares += 1;
    const node = isJoin ? (nodeNames(run.nodes + spares).at(-1) ?? "") : random.pick([...members]);
    faults.push({ kind: isJoin ? "join" : "leave", startMs, node });
    if (isJoin) members.add(node);
    else members.delete(node);
  }
  const gossipMs = magnitudeBetween(random, 50, 1_000);
  const antiEntropyMs = magnitudeBetween(random, 100, 2_000);
  return faults.length === 0 ? undefined : { faults, spares, gossipMs, antiEntropyMs };
}

/** A world in which that can happen. */
export function withChurn(world: WorldPlan, churn: Churn | undefined): WorldPlan {
  if (churn === undefined) return world;
  const { settings } = world;
  const { spares, gossipMs } = churn;
  const antiEntropyMs = settings.antiEntropyMs || churn.antiEntropyMs;
  return {
    ...world,
    ...(spares > 0 && { spares }),
    settings: { ...settings, gossipMs, antiEntropyMs },
  };
}
