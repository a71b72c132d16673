import type { ProcessPower } from "../../cluster/contract.ts";
import type { FaultAction } from "../fault-action.ts";
import type { StatusProbe } from "../probes.ts";
import { probeStatus } from "../probes.ts";
import type { Life } from "../prove-silence.ts";
import { judgeSilence } from "../prove-silence.ts";
import type { Attack, AttackParts } from "./attack.ts";
import {
  HEALTHY_TIMEOUT_MS,
  onNode,
  powerOf,
  RECOVERY_TIMEOUT_MS,
  statusWithin,
  waitUntilReunited,
} from "./attack.ts";

export type ProcessAction = Extract<FaultAction, { readonly type: "crash" | "pause" | "restart" }>;

/** How a node is silenced, how it comes back, and as what. */
interface Silencing {
  readonly life: Life;
  apply(power: ProcessPower, node: string): Promise<void>;
  heal(power: ProcessPower, node: string): Promise<void>;
}

const SILENCINGS: Readonly<Record<ProcessAction["type"], Silencing>> = {
  crash: {
    life: "another",
    apply: (power, node) => power.kill(node),
    heal: (power, node) => power.restart(node),
  },
  pause: {
    life: "same",
    apply: (power, node) => power.pause(node),
    heal: (power, node) => power.resume(node),
  },
  restart: {
    life: "another",
    apply: (power, node) => power.shutDown(node),
    heal: (power, node) => power.restart(node),
  },
};

/** A node killed, frozen, or asked to end: the harness finds it silent. */
export function processAttack(
  parts: AttackParts,
  { type, node }: ProcessAction,
): Attack<StatusProbe> {
  const power = powerOf(parts.cluster, "processes");
  const { life, apply, heal } = SILENCINGS[type];
  return {
    ...onNode(parts, node),
    apply: () => apply(power, node),
    heal: () => heal(power, node),
    before: async () => [await statusWithin(parts, node, HEALTHY_TIMEOUT_MS)],
    during: async () => [await probeStatus(parts, node)],
    async after() {
      const answer = await statusWithin(parts, node, RECOVERY_TIMEOUT_MS);
      await waitUntilReunited(parts);
      return [answer];
    },
    judge: (probes) => judgeSilence(probes, life),
  };
}
