/*
 * The end of a load whose length is not known beforehand.
 *
 * When the end comes, operations may be overdue because no process was free. Dropping them would hide exactly the stall
 * that made them late (coordinated omission), so those that were due before the end are still given; the interpreter
 * begins them or records that they never began.
 */

import type { OperationGenerator } from "../generator/generator.ts";
import { DONE } from "../generator/generator.ts";

/** The operations of `inner` that are due before `end` is aborted; `nowNs` tells the time of that. */
export function dueBeforeEnd(
  end: AbortSignal,
  nowNs: () => number,
  inner: OperationGenerator,
): OperationGenerator {
  let endNs = end.aborted ? nowNs() : Number.POSITIVE_INFINITY;
  end.addEventListener(
    "abort",
    () => {
      endNs = nowNs();
    },
    { once: true },
  );
  const wrapped = (generator: OperationGenerator): OperationGenerator => ({
    ask(context) {
      const asked = generator.ask(context);
      if (asked.kind === "done") return DONE;
      const dueNs = asked.kind === "operation" ? asked.request.intendedNs : asked.untilNs;
      return (dueNs ?? context.timeNs) >= endNs ? DONE : { ...asked, next: wrapped(asked.next) };
    },
  });
  return wrapped(inner);
}
