import type { Counter, Metrics } from "../env/metrics.ts";

export interface HintDeliveryMetrics {
  readonly delivered: Counter;
  /** Deliveries of one owner's hints. */
  readonly stopped: Counter;
  /** Tries of single hints. */
  readonly hintFailures: Counter;
}

export function hintDeliveryMetrics(
  metrics: Metrics,
  now: { readonly ownersBackedOff: () => number; readonly hintsFailing: () => number },
): HintDeliveryMetrics {
  metrics.gauge(
    "ringside_hint_owners_backed_off",
    "Owners whose last hint delivery failed",
    {},
    now.ownersBackedOff,
  );
  metrics.gauge(
    "ringside_hints_failing",
    "Hints that could not be delivered although their owner takes others",
    {},
    now.hintsFailing,
  );
  return {
    delivered: metrics.counter("ringside_hints_delivered_total", "Hints their owner took"),
    stopped: metrics.counter(
      "ringside_hint_delivery_failures_total",
      "Hint deliveries that stopped before the last hint",
    ),
    hintFailures: metrics.counter(
      "ringside_hint_failures_total",
      "Times that a hint could not be delivered although its owner takes others",
    ),
  };
}
