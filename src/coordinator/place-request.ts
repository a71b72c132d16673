import type { NodeId } from "../base/ids.ts";
import { DynamoError } from "../protocol/errors.ts";
import { Placement } from "../quorum/placement.ts";
import type { Ring } from "../ring/ring.ts";
import type { CoordinatorOptions, CoordinatorParts } from "./parts.ts";

export interface PlaceOrder {
  readonly ring: Ring;
  readonly key: Uint8Array;
  /** R or W. */
  readonly needed: number;
  /** The node that must take part: a write's coordinator. */
  readonly coordinator?: NodeId;
}

/**
 * Chooses who is asked, by what this node believes now. Where too few nodes seem up for the quorum, or the ring has too
 * few for it at all (D-4.3-5), it throws DynamoError too-few-nodes and nothing has been done: a definite refusal serves a
 * client better than a wait that ends in doubt. Nodes believed down are pinged meanwhile, so the belief does not
 * outlive its cause.
 */
export function placeRequest(
  parts: Pick<CoordinatorParts, "detector">,
  options: Pick<CoordinatorOptions, "n" | "quorum">,
  { ring, key, needed, coordinator }: PlaceOrder,
): Placement {
  const placement = new Placement({
    preferenceList: ring.preferenceList(key),
    n: options.n,
    sloppy: options.quorum === "sloppy",
    isUp: (node) => parts.detector.isUp(node),
    ...(coordinator === undefined ? {} : { coordinator }),
  });
  if (placement.servedCount < needed) {
    throw new DynamoError(
      "too-few-nodes",
      `Cannot reach ${needed} replicas: only ${placement.servedCount} of the key's nodes seem up`,
    );
  }
  return placement;
}
