import { REQUEST_TIMEOUT_MS } from "../drivers/node-configuration-file.ts";
import type { DelayPlan, WorldPlan } from "../drivers/sim/world-plan.ts";
import type { Plan } from "../run/plan.ts";
import { PATIENCE } from "../run/stores.ts";
import { mayShed } from "./draw-stages.ts";
import type { SimPlan } from "./sim-plan.ts";

/**
 * How many delays of the slowest kind there is time for, at least, until a node or its client gives a request up: seven are on its way. They
 * vary, so that eight or ten would not do, and with twenty of them nearly all requests are answered at once and the others again.
 */
const DELAYS_PER_REQUEST_MIN = 20;
/** A disk takes one thing after the other, and the load may ask for some hundreds a second. */
const DISK_MS_MAX = 3;

/**
 * True where whatever a plan's clients ask can be served, so that `expected-availability` may be asked of the run as of one on real machines
 * without faults. Of other runs of the swarm it is not asked. Their faults overlap, last for moments, and are of kinds of which nobody can say
 * who is served under them; a core that serves alone, full stages and slow disks refuse by right; and a success that cannot be the oracle
 * sees itself, who knows every copy (`acknowledged-without-quorum`, `read-without-quorum`). That a store serves after faults is for `liveness`.
 */
export function servesEverything({ run, faults, core, world }: SimPlan): boolean {
  const isCalm = faults.length === 0 && core.length === 0;
  return isCalm && !mayPileUp(run) && !mayShed(world) && isPrompt(world);
}

/** True where versions stay that were overwritten (K-5, K-8), until a key has so many that nodes refuse the next. */
function mayPileUp({ versioning, truncate }: Plan): boolean {
  return versioning === "merged" || truncate !== undefined;
}

function isPrompt({ network, links, diskWrite, diskRead, settings }: WorldPlan): boolean {
  const diskMs = diskWrite.meanMs + diskRead.meanMs;
  const stepMs = Math.max(...[network, ...Object.values(links)].map(meanOf)) + diskMs;
  const { requestTimeoutMs = REQUEST_TIMEOUT_MS } = settings;
  const timeMs = Math.min(requestTimeoutMs, PATIENCE.attemptTimeoutMs);
  return diskMs <= DISK_MS_MAX && DELAYS_PER_REQUEST_MIN * stepMs <= timeMs;
}

function meanOf({ meanMs }: DelayPlan): number {
  return meanMs;
}
