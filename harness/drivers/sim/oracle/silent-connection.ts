import type { TimeBounds } from "./time-bounds.ts";
import type { Violations } from "./violations.ts";

/** A node that sends to a peer over a connection on which it has waited for so long, in milliseconds. */
export interface Silence {
  readonly node: string;
  readonly peer: string;
  readonly silentMs: number;
}

/**
 * A connection on which nothing comes back is given up and dialled anew (D-4.8.3-2): nobody tells a node that the way it
 * took has gone, and until it tries another it does not find a healed peer again. By then at least one of the calls it
 * waited for has ended without an answer, so a node knows.
 */
export function checkSilence(
  { node, peer, silentMs }: Silence,
  { silenceMs }: Pick<TimeBounds, "silenceMs">,
  violations: Violations,
): void {
  if (silentMs <= silenceMs) return;
  violations.report("silent-connection", () => ({
    anomaly: "a node kept a connection on which nothing came back",
    detail: `Node ${node} sent to ${peer} after ${silentMs.toFixed(3)} ms of silence on the connection, allowed are ${silenceMs.toFixed(3)} ms`,
  }));
}
