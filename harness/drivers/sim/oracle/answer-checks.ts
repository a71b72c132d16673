import type { Mint } from "./key-history.ts";
import type { ClientRequest, OpenedToken } from "./key-state.ts";
import type { ShownVersions } from "./shown-versions.ts";
import { TOMBSTONE } from "./shown-versions.ts";
import { isSupersededElsewhere } from "./superseded-elsewhere.ts";
import type { Violations } from "./violations.ts";

/** Whatever is shown for a key, some client asked to write it to that key. */
export function checkOrigin(
  { ask, state }: ClientRequest,
  { payloads }: ShownVersions,
  violations: Violations,
): void {
  for (const payload of payloads) {
    if (state.writersOf(payload) === undefined) {
      violations.report("answer-from-nowhere", () => ({
        anomaly: "an answer shows a value that nobody wrote to the key",
        detail: `Node ${ask.node} answered request ${ask.id} with a value of ${payload.length} bytes, payload header included, that no request had`,
        key: state.name,
      }));
    }
  }
}

/**
 * A context covers nothing that its client was not shown: a write that comes with it would silently drop that. Each write
 * the context covers is in the answer, or a tombstone, or superseded by another that the context covers as well, under this dot or
 * another of the same write. For the lossless modes.
 */
export function checkContext(
  { ask, state }: ClientRequest,
  { payloads }: ShownVersions,
  opened: OpenedToken,
  violations: Violations,
): void {
  if (opened.clock === undefined) {
    violations.report("context-covers-unseen", () => ({
      anomaly: "an answer carries a context that is none of its key",
      detail: `Node ${ask.node} answered request ${ask.id} with a context that does not open`,
      key: state.name,
    }));
    return;
  }
  opened.required ??= state.history.unsuperseded(opened.clock);
  const { clock, required } = opened;
  const unseen = required.filter(
    (mint) => !isShown(mint, payloads) && !isSupersededElsewhere(state, mint, clock),
  );
  for (const mint of unseen) {
    violations.report("context-covers-unseen", () => ({
      anomaly: "a context covers a version that its answer does not show",
      detail: `Node ${ask.node} answered request ${ask.id} without write ${mint.serial} of the key (dot ${mint.counter} of ${mint.actor}), which its context covers`,
      key: state.name,
    }));
  }
}

/** A write with a context that was never handed out for its key is refused; it could drop what nobody has seen. */
export function checkAcceptedContext(
  { ask, state, context }: ClientRequest,
  violations: Violations,
): void {
  if (context === undefined) {
    violations.report("bad-context-accepted", () => ({
      anomaly: "a write was acknowledged with a context that is none of its key",
      detail: `Node ${ask.node} acknowledged request ${ask.id}, whose context of ${ask.context.length} characters does not open`,
      key: state.name,
    }));
  }
}

function isShown(mint: Mint, payloads: readonly string[]): boolean {
  return mint.payload === TOMBSTONE || payloads.includes(mint.payload);
}
