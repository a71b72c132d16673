import type { Link } from "../fault.ts";
import type { FaultAction } from "../fault-action.ts";
import type { Probe } from "../probes.ts";
import { pairsOf, probePairs, probeUntil } from "../probes.ts";
import { judgeCut, judgeSlow, pairsAcross } from "../prove-links.ts";
import type { Attack, AttackParts } from "./attack.ts";
import { HEALTHY_TIMEOUT_MS, powerOf, RECOVERY_TIMEOUT_MS } from "./attack.ts";

export type LinkAction = Extract<FaultAction, { readonly type: "cut" | "slow" }>;

/** Links cut or slowed: all nodes probe each other. */
export function linkAttack({ cluster, clock }: AttackParts, action: LinkAction): Attack<Probe> {
  const network = powerOf(cluster, "network");
  const pairs = pairsOf(cluster.nodes);
  const hit = pairsAcross(pairs, action.links);
  const untouched = pairs.filter((pair) => !hit.includes(pair));
  // The smallest delay of one way; a round trip crosses at least one slow link.
  const riseMs = action.type === "slow" ? action.latencyMs - action.jitterMs : 0;
  const isHealthy = (probe: Probe) =>
    probe.answered && (action.type === "cut" || probe.latencyMs < riseMs || !hits(hit, probe));
  const untilHealthy = (list: readonly Link[], timeoutMs: number) =>
    probeUntil({ cluster, clock }, list, { isWanted: isHealthy, timeoutMs });
  return {
    links: action.links,
    nodes: [],
    sides: action.type === "cut" ? action.sides : [cluster.nodes],
    apply: () =>
      network.apply(
        action.links,
        action.type === "cut"
          ? { kind: action.method }
          : { kind: "latency", latencyMs: action.latencyMs, jitterMs: action.jitterMs },
      ),
    heal: () => network.heal(),
    before: () => untilHealthy(pairs, HEALTHY_TIMEOUT_MS),
    during: async () =>
      (
        await Promise.all([probePairs(cluster, hit), untilHealthy(untouched, HEALTHY_TIMEOUT_MS)])
      ).flat(),
    after: () => untilHealthy(pairs, RECOVERY_TIMEOUT_MS),
    judge: (probes) =>
      action.type === "cut" ? judgeCut(probes, hit) : judgeSlow(probes, hit, riseMs),
  };
}

function hits(pairs: readonly Link[], probe: Probe): boolean {
  return pairs.some((pair) => pair.from === probe.from && pair.to === probe.to);
}
