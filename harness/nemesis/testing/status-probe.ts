import type { StatusProbe } from "../probes.ts";

/** What the harness learned from n2; without a life it did not answer. */
export function statusProbe({
  life,
  clockAheadMs = 0,
}: {
  readonly life: string | undefined;
  readonly clockAheadMs?: number;
}): StatusProbe {
  const answered = life !== undefined;
  return {
    from: "harness",
    to: "n2",
    asked: true,
    answered,
    detail: answered ? `life ${life}` : "refused",
    latencyMs: 0,
    status: answered
      ? {
          nodeId: "n2",
          incarnation: "of all its starts",
          life,
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
