import type { StatusProbe } from "../probes.ts";

/** What the harness learned from n2; without an incarnation it did not answer. */
export function statusProbe({
  incarnation,
  clockAheadMs = 0,
}: {
  readonly incarnation: string | undefined;
  readonly clockAheadMs?: number;
}): StatusProbe {
  const answered = incarnation !== undefined;
  return {
    from: "harness",
    to: "n2",
    asked: true,
    answered,
    detail: answered ? `incarnation ${incarnation}` : "refused",
    latencyMs: 0,
    status: answered
      ? {
          nodeId: "n2",
          incarnation,
          ready: true,
          ring: { epoch: 1, digest: "" },
          hints: 0,
          inFlight: 0,
          suspected: [],
          writesLost: 0,
          wallMs: 0,
        }
      : undefined,
    clockAheadMs,
  };
}
