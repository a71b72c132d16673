import type { ClientRequest } from "./key-state.ts";
import type { ShownVersions } from "./shown-versions.ts";
import type { Violations } from "./violations.ts";

/**
 * A write that its client named is one version in every answer, however often it was sent and whoever coordinated it (K-11).
 */
export function checkShownOnce(
  { ask, state }: ClientRequest,
  { payloads }: ShownVersions,
  violations: Violations,
): void {
  if (payloads.length < 2) return;
  const repeated = payloads.find((payload, at) => payloads.indexOf(payload) !== at);
  if (repeated === undefined || !state.isOneOperation(repeated)) return;
  violations.report("write-shown-twice", () => ({
    anomaly: "one write is shown as two versions",
    detail: `Node ${ask.node} answered request ${ask.id} with ${payloads.length} versions, of which two are one write that its client named`,
    key: state.name,
  }));
}
