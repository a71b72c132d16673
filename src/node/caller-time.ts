/*
 * Problem: a request that waits here, for the news of a change or in a queue, may be begun when its caller has long turned to others. What only reads or merges is
 * as good then. A write that is made, or a tombstone that is removed, comes behind everything that was done since (K-11). Sketch: until when the caller waits is
 * known when the request comes, by this node's clock (rpc/peer-clock.ts), and is looked at again when its turn has come.
 */
import type { Environment } from "../env/environment.ts";
import { DynamoError } from "../protocol/errors.ts";
import type { Request } from "../protocol/messages.ts";

/** When the caller gives the request up, by this node's monotonic clock. It may say so itself: peers of protocols before 3 say no more than that. */
export function deadlineOf(
  request: Request,
  deadlineMs: number,
  { clock }: Pick<Environment, "clock">,
): number {
  if (request.type !== "forward") return deadlineMs;
  return Math.min(deadlineMs, clock.monotonicMs() + request.budgetMs);
}

/**
 * What is left of a request's time once its turn has come, in whole milliseconds, rounded up. Throws DynamoError overloaded where nothing is: it waited for the news of a change, or in a queue,
 * and its caller has long turned to others.
 */
export function leftMs(
  { assertions, clock }: Pick<Environment, "assertions" | "clock">,
  deadlineMs: number,
): number {
  const left = deadlineMs - clock.monotonicMs();
  if (left >= 0) return Math.ceil(left);
  assertions.reachable("a peer's request waited until its caller had given it up");
  throw new DynamoError("overloaded", "Cannot take the request: its time is over");
}
