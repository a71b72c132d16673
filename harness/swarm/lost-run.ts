/** Outcomes of runs that never answered: a hang and a crash are findings like any other, never a seed that is missing. */

import type { Beat } from "./heartbeat.ts";
import type { Finding, SimOutcome } from "./sim-outcome.ts";
import type { SimPlan } from "./sim-plan.ts";
import type { ThrownError } from "./worker-messages.ts";

const ANOMALY_LENGTH_MAX = 120;
const STACK_LINES_MAX = 4;

/** A run that was ended at its deadline; `before` is its heartbeat some time earlier. */
export function hangOutcome(
  plan: SimPlan,
  {
    before,
    last,
    timeoutMs,
  }: { readonly before: Beat; readonly last: Beat; readonly timeoutMs: number },
): SimOutcome {
  const isMoving = last.signs > before.signs;
  const where = `at ${Math.round(last.virtualMs)} ms of virtual time, after ${last.events} events`;
  const doing = last.description === "" ? "" : ` (${last.description})`;
  return lostOutcome(plan, last, {
    check: "hang",
    anomaly: isMoving ? "a run that goes on and does not end" : "a run that stands still",
    detail: `The run did not end within ${timeoutMs} ms; it ${isMoving ? "was still going on" : "stood still"} ${where}${doing}.`,
    timeMs: last.virtualMs,
  });
}

/** A run that threw, or whose thread died. */
export function crashOutcome(
  plan: SimPlan,
  last: Beat,
  { name, message, stack }: ThrownError,
): SimOutcome {
  const frames = stack
    .split("\n")
    .filter((line) => line.trimStart().startsWith("at "))
    .slice(0, STACK_LINES_MAX)
    .map((line) => line.trim());
  return lostOutcome(plan, last, {
    check: "crash",
    anomaly: `${name}: ${withoutValues(message)}`,
    detail: [`${name}: ${message}`, ...frames].join("; "),
    timeMs: last.virtualMs,
  });
}

/** The same error under another schedule names other numbers and nodes. */
function withoutValues(message: string): string {
  const [line = ""] = message.split("\n");
  return line.replaceAll(/\d+/g, "#").slice(0, ANOMALY_LENGTH_MAX);
}

function lostOutcome(plan: SimPlan, { virtualMs, events }: Beat, finding: Finding): SimOutcome {
  return {
    plan,
    verdict: "unknown",
    reasons: [finding.detail],
    findings: [finding],
    historySha256: "",
    operations: { attempted: 0, ok: 0, fail: 0, info: 0 },
    lost: 0,
    forgottenRepeats: 0,
    requests: 0,
    virtualMs,
    events,
    faults: {},
    reached: {},
  };
}
