import type { Cluster, ProcessPower } from "../../cluster/contract.ts";
import type { FaultAction } from "../fault-action.ts";
import type { StatusProbe } from "../probes.ts";
import { probeStatus } from "../probes.ts";
import type { HoldingProbe, Life } from "../prove-silence.ts";
import { judgeSilence, judgeWipe } from "../prove-silence.ts";
import type { Attack, AttackParts } from "./attack.ts";
import {
  HEALTHY_TIMEOUT_MS,
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
/** Keys looked at in one go. */
const KEYS_PER_PAGE = 64;

/** A node killed, frozen, or asked to end: the harness finds it silent. */
export function processAttack(
  parts: AttackParts,
  { type, node }: ProcessAction,
): Attack<StatusProbe> {
  const power = powerOf(parts.cluster, "processes");
  const { life, apply, heal } = SILENCINGS[type];
  return {
    links: [],
    nodes: [node],
    sides: [parts.cluster.nodes],
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

/** A node killed that loses its data and starts again with nothing. */
export function wipeAttack(parts: AttackParts, node: string): Attack<HoldingProbe> {
  const { cluster, keys } = parts;
  const power = powerOf(cluster, "processes");
  let looked: readonly string[] = [];
  return {
    links: [],
    nodes: [node],
    sides: [cluster.nodes],
    async apply() {
      await power.kill(node);
      await power.wipe(node);
    },
    heal: () => power.restart(node),
    async before() {
      const answer = await statusWithin(parts, node, HEALTHY_TIMEOUT_MS);
      looked = answer.answered ? await keysHeld(cluster, node, keys) : [];
      return [holding(answer, looked)];
    },
    during: async () => [holding(await probeStatus(parts, node), [])],
    async after() {
      const answer = await statusWithin(parts, node, RECOVERY_TIMEOUT_MS);
      // At once: clients and reads fill it again.
      const held = answer.answered ? await keysHeld(cluster, node, looked) : [];
      await waitUntilReunited(parts);
      return [holding(answer, held)];
    },
    judge: judgeWipe,
  };
}

function holding(probe: StatusProbe, held: readonly string[]): HoldingProbe {
  return { ...probe, keysHeld: held };
}

/** Of the first keys of which the node holds any, those that it holds. Rejects where it stops answering. */
async function keysHeld(
  cluster: Cluster,
  node: string,
  keys: readonly string[],
): Promise<readonly string[]> {
  for (let start = 0; start < keys.length; start += KEYS_PER_PAGE) {
    const page = keys.slice(start, start + KEYS_PER_PAGE);
    const copies = await Promise.all(
      page.map((key) => cluster.replica(node, Buffer.from(key, "utf8"))),
    );
    const held = page.filter((_, position) => copies[position]?.digest !== null);
    if (held.length > 0) return held;
  }
  return [];
}
