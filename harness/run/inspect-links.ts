import type { Clock } from "../../src/env/clock.ts";
import { waitMs } from "../../src/env/wait.ts";
import type { Cluster } from "../cluster/contract.ts";
import { linkName } from "../cluster/contract.ts";
import type { Link } from "../nemesis/fault.ts";
import { pairsOf, probePairs } from "../nemesis/probes.ts";

const ROUNDS_MAX = 10;
const PAUSE_MS = 100;

/**
 * The links whose proxy carried nothing while every node probed every other: somebody goes past the proxies there, and
 * no fault can reach it. Empty where nobody counts bytes; then only the probes during each fault tell.
 */
export async function findSilentLinks(cluster: Cluster, clock: Clock): Promise<readonly Link[]> {
  const before = await cluster.network?.carriedBytes();
  if (before === undefined) return [];
  let silent = pairsOf(cluster.nodes);
  // Probes are made before the bytes are read, but whoever counts may publish late.
  for (let round = 0; round < ROUNDS_MAX && silent.length > 0; round += 1) {
    if (round > 0) await waitMs(clock, PAUSE_MS);
    await probePairs(cluster, silent);
    const after = (await cluster.network?.carriedBytes()) ?? new Map<string, number>();
    silent = silent.filter((link) => {
      const name = linkName(link);
      return (after.get(name) ?? 0) <= (before.get(name) ?? 0);
    });
  }
  return silent;
}
