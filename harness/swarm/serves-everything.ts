import { REQUEST_TIMEOUT_MS } from "../drivers/node-configuration-file.ts";
import type { DelayPlan, WorldPlan } from "../drivers/sim/world-plan.ts";
import { mayShed } from "./draw-stages.ts";
import type { SimPlan } from "./sim-plan.ts";

/** What a node gives a request, at least, for each delay of the slowest kind: it has seven of them on its way, which vary. */
const DELAYS_PER_REQUEST_MIN = 20;
/** A disk takes one thing after the other, and the load may ask for some hundreds a second. */
const DISK_MS_MAX = 3;

/**
 * True where whatever a plan's clients ask can be served, so that `expected-availability` may be asked of the run as of one on real machines
 * without faults. Of other runs of the swarm it is not asked. Their faults overlap, last for moments, and are of kinds of which nobody can say
 * who is served under them; a core that serves alone, full stages and slow disks refuse by right; and a success that cannot be the oracle
 * sees itself, who knows every copy (`acknowledged-without-quorum`, `read-without-quorum`). That a store serves after faults is for `liveness`.
 */
export function servesEverything({ faults, core, world }: SimPlan): boolean {
  return faults.length === 0 && core.length === 0 && !mayShed(world) && isPrompt(world);
}

function isPrompt({ network, links, diskWrite, diskRead, settings }: WorldPlan): boolean {
  const diskMs = diskWrite.meanMs + diskRead.meanMs;
  const stepMs = Math.max(...[network, ...Object.values(links)].map(meanOf)) + diskMs;
  const { requestTimeoutMs = REQUEST_TIMEOUT_MS } = settings;
  return diskMs <= DISK_MS_MAX && DELAYS_PER_REQUEST_MIN * stepMs <= requestTimeoutMs;
}

function meanOf({ meanMs }: DelayPlan): number {
  return meanMs;
}
