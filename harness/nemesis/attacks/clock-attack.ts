import type { StatusProbe } from "../probes.ts";
import { judgeClock } from "../prove-clock.ts";
import type { Attack, AttackParts } from "./attack.ts";
import {
  HEALTHY_TIMEOUT_MS,
  onNode,
  powerOf,
  RECOVERY_TIMEOUT_MS,
  statusWithin,
} from "./attack.ts";

/** A node whose wall clock is wrong: the harness sees it in the node's status. */
export function clockAttack(
  parts: AttackParts,
  { node, offsetMs }: { readonly node: string; readonly offsetMs: number },
): Attack<StatusProbe> {
  const power = powerOf(parts.cluster, "clocks");
  const status = (timeoutMs: number) => async () => {
    const probe = await statusWithin(parts, node, timeoutMs);
    return [probe.answered ? { ...probe, detail: withClock(probe) } : probe];
  };
  return {
    ...onNode(parts, node),
    apply: () => power.setOffset(node, offsetMs),
    heal: () => power.setOffset(node, 0),
    before: status(HEALTHY_TIMEOUT_MS),
    during: status(HEALTHY_TIMEOUT_MS),
    after: status(RECOVERY_TIMEOUT_MS),
    judge: (probes) => judgeClock(probes, offsetMs),
  };
}

function withClock({ detail, clockAheadMs }: StatusProbe): string {
  return `${detail}, its clock ${Math.round(clockAheadMs)} ms ahead`;
}
