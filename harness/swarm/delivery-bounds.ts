import type { NodeConfiguration } from "../../src/node/configuration.ts";
import { HINT_COST_BYTES } from "../drivers/sim/oracle/hint-watch.ts";
import type { DeliveryBounds } from "../drivers/sim/oracle/hints-held-back.ts";
import type { SimFaultKind } from "../drivers/sim/world-plan.ts";
import type { SimPlan } from "./sim-plan.ts";
import { hintBounds, slowedMs, timeBounds } from "./time-bounds.ts";

/** A node that cannot store, or read, what it is handed refuses it however calm all is. */
const REFUSING: ReadonlySet<SimFaultKind> = new Set(["full-disk", "failed-disk", "corrupt"]);
/** What is under way then arrives long after, and what is sent on the same connection no sooner. */
const SLOWING: ReadonlySet<SimFaultKind> = new Set(["slow", "clog", "bandwidth"]);

/**
 * How long nodes of a plan may take to deliver hints; undefined where healthy ones may fail, or take so long that they seem to be
 * silent: then nothing is known.
 */
export function deliveryBounds(
  plan: Pick<SimPlan, "run" | "world" | "faults">,
  configuration: NodeConfiguration,
  calmSinceMs: DeliveryBounds["calmSinceMs"],
): DeliveryBounds | undefined {
  const { hedgeMs, requestTimeoutMs, hintScanMs, retryDownMs } = configuration;
  const { writeAnswerMs, settleMs, silenceMs } = timeBounds(plan, configuration);
  const { bytesPerSecond, members } = hintBounds(plan, configuration);
  const shareBytesPerSecond = bytesPerSecond / Math.max(1, members - 1);
  const kinds = plan.faults.map(({ kind }) => kind);
  const isOnTime = writeAnswerMs < Math.min(hedgeMs, requestTimeoutMs);
  if (!isOnTime || kinds.some((kind) => REFUSING.has(kind))) return undefined;
  const afterSlowMs = kinds.some((kind) => SLOWING.has(kind)) ? silenceMs : 0;
  return {
    scanMs: hintScanMs,
    paceMs: (sizeBytes) => (1_000 * Math.max(HINT_COST_BYTES, sizeBytes)) / shareBytesPerSecond,
    settleMs: settleMs + afterSlowMs + slowedMs(plan.faults),
    // The first delivery after one that failed begins behind its page. Requests in a hurry may make an owner seem down for a moment.
    tryMs: 2 * hintScanMs + retryDownMs + writeAnswerMs,
    pageMs: writeAnswerMs,
    calmSinceMs,
  };
}
