import type { OperationGenerator } from "../generator/generator.ts";
import { DONE } from "../generator/generator.ts";

/** The operations of `inner` until the signal is aborted. */
export function untilAborted(signal: AbortSignal, inner: OperationGenerator): OperationGenerator {
  return {
    ask(context) {
      if (signal.aborted) return DONE;
      const asked = inner.ask(context);
      return asked.kind === "done" ? asked : { ...asked, next: untilAborted(signal, asked.next) };
    },
  };
}
