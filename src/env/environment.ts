import type { Assertions } from "./assertions.ts";
import type { Clock, WallShift } from "./clock.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import type { Random } from "./random.ts";
import type { Transport } from "./transport.ts";

/** Everything a node gets from outside itself, beside its engine. First argument of every constructor that needs it. */
export interface Environment {
  readonly clock: Clock;
  /** Present where the clock above can be made wrong. */
  readonly wallShift?: WallShift;
  readonly random: Random;
  readonly transport: Transport;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly assertions: Assertions;
}
