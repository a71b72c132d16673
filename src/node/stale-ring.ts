import type { Assertions } from "../env/assertions.ts";
import { DynamoError } from "../protocol/errors.ts";
import type { Ring, RingStamp } from "../ring/ring.ts";

/** Whether a peer that asked under this stamp goes by the ring of this node: else its preference lists may not be ours (K-17). */
export function isCurrent(asked: RingStamp, ring: Ring): boolean {
  const { digest, epoch } = ring.stamp;
  return asked.digest === digest && asked.epoch === epoch;
}

/** What such a peer is told. */
export function staleRing(
  { assertions }: { readonly assertions: Assertions },
  asked: RingStamp,
  ring: Ring,
): DynamoError {
  assertions.reachable("a request under another ring was refused");
  const own = ring.stamp;
  return new DynamoError(
    "stale-ring",
    `Cannot serve under ring ${asked.epoch}/${asked.digest}: this node's is ${own.epoch}/${own.digest}`,
  );
}
