import type { Cluster } from "../../cluster/contract.ts";
import type { Link } from "../fault.ts";
import { clientGroup } from "../fault.ts";
import type { StatusProbe } from "../probes.ts";
import { pairsOf, probeStatus } from "../probes.ts";
import type { HoldingProbe } from "../prove-silence.ts";
import { judgeWipe } from "../prove-silence.ts";
import type { Attack, AttackParts } from "./attack.ts";
import {
  HEALTHY_TIMEOUT_MS,
  onNode,
  powerOf,
  RECOVERY_TIMEOUT_MS,
  statusWithin,
  waitUntilReunited,
} from "./attack.ts";

/** Keys looked at in one go. */
const KEYS_PER_PAGE = 64;

/**
 * A node killed that loses its data and starts again with nothing. Clients and reads fill it again within a moment, so while it
 * starts it is cut off from all of them, and its copies are looked at before it is not.
 */
export function wipeAttack(parts: AttackParts, node: string): Attack<HoldingProbe> {
  const { cluster, keys } = parts;
  const power = powerOf(cluster, "processes");
  const network = powerOf(cluster, "network");
  let looked: readonly string[] = [];
  let kept: readonly string[] = [];
  return {
    ...onNode(parts, node),
    async apply() {
      await power.kill(node);
      await network.apply(linksOf(cluster, node), { kind: "closed" });
      await power.wipe(node);
    },
    async heal() {
      await power.restart(node);
      kept = await keysHeld(cluster, node, looked);
      await network.heal();
    },
    async before() {
      const answer = await statusWithin(parts, node, HEALTHY_TIMEOUT_MS);
      looked = answer.answered ? await keysHeld(cluster, node, keys) : [];
      return [holding(answer, looked)];
    },
    during: async () => [holding(await probeStatus(parts, node), [])],
    async after() {
      const answer = await statusWithin(parts, node, RECOVERY_TIMEOUT_MS);
      await waitUntilReunited(parts);
      return [holding(answer, kept)];
    },
    judge: judgeWipe,
  };
}

/** Between the node and everybody else, the clients of every home too. */
function linksOf(cluster: Cluster, node: string): readonly Link[] {
  return [
    ...pairsOf(cluster.nodes).filter(({ from, to }) => from === node || to === node),
    ...cluster.nodes.map((home) => ({ from: clientGroup(home), to: node })),
  ];
}

function holding(probe: StatusProbe, held: readonly string[]): HoldingProbe {
  const detail = probe.answered ? `${probe.detail}, holds ${held.length} keys` : probe.detail;
  return { ...probe, detail, keysHeld: held };
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
