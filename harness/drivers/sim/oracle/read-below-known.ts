import { coversClock } from "../../../../src/causality/covers-clock.ts";
import type { Clock, VersioningMode } from "../../../../src/causality/versioning.ts";
import type { HttpResponse } from "../../../../src/http/exchange.ts";
import { STALE_HEADER } from "../../../../src/protocol/headers.ts";
import type { ClientRequest } from "./key-state.ts";
import type { Violations } from "./violations.ts";

export interface KnownCheckOptions {
  readonly mode: VersioningMode;
  /** What the client said that it knows. */
  readonly known: Clock;
  /** What the context of the answer covers. */
  readonly shown: Clock;
}

/** A read that is told "at least this" shows it, or says that it does not (K-15); nor does it say so without cause. */
export function checkKnown(
  { ask, state }: ClientRequest,
  { headers }: HttpResponse,
  { mode, known, shown }: KnownCheckOptions,
  violations: Violations,
): void {
  const isStale = !coversClock(mode, shown, known);
  if (isStale === (headers[STALE_HEADER] === "true")) return;
  violations.report("read-below-known", () => ({
    anomaly: isStale
      ? "a read fell short of what its client knew and did not say so"
      : "a read was called stale that was not",
    detail: `Node ${ask.node} answered request ${ask.id}, whose client knew ${known.size} actors, under a context of ${shown.size}`,
    key: state.name,
  }));
}
