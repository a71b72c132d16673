import type { Metrics } from "../env/metrics.ts";
import type { CoordinatorInstruments } from "./parts.ts";

export function coordinatorInstruments(metrics: Metrics): CoordinatorInstruments {
  return {
    writes: metrics.counter(
      "ringside_writes_coordinated_total",
      "Writes this node coordinated, its own clients' and forwarded ones",
    ),
    forwards: metrics.counter(
      "ringside_writes_forwarded_total",
      "Writes this node sent to another one to coordinate, each attempt counted (paper 3.3)",
    ),
    hedges: metrics.counter(
      "ringside_hedges_total",
      "Stand-ins asked because a replica was silent for too long",
    ),
    repairs: metrics.counter(
      "ringside_read_repairs_total",
      "Stale replicas sent what a read found",
    ),
    hintsKept: metrics.counter(
      "ringside_hints_kept_total",
      "Hints a coordinator kept for primaries that never acknowledged",
    ),
    hintsFailed: metrics.counter(
      "ringside_hints_lost_total",
      "Hints a coordinator could not keep: one copy fewer until repair",
    ),
    versionsPerRead: metrics.histogram(
      "ringside_versions_per_read",
      "Concurrent versions a read found (paper 6.3)",
    ),
  };
}
