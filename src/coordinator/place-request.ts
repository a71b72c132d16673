import type { NodeId } from "../base/ids.ts";
import type { Environment } from "../env/environment.ts";
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
  { assertions }: Pick<Environment, "assertions">,
  parts: Pick<CoordinatorParts, "detector">,
  options: Pick<CoordinatorOptions, "n" | "quorum">,
  { ring, key, needed, coordinator }: PlaceOrder,
): Placement {
  const preferenceList = ring.preferenceList(key);
  const nextOwners = coordinator === undefined ? undefined : nextOwnersOf(ring, key, options.n);
  const isUp = (node: NodeId) => parts.detector.isUp(node);
  const placement = new Placement({
    preferenceList,
    n: options.n,
    sloppy: options.quorum === "sloppy",
    isUp,
    coordinator,
    nextOwners,
    datacenterOf: ring.placement?.datacenterOf,
  });
  assertions.always(
    "a request has a slot for each of its first N nodes",
    hasSlotForEach(preferenceList, options.n, placement),
  );
  if (placement.servedCount < needed) {
    if (coordinator === undefined) assertions.reachable("a read was refused for too few nodes");
    else assertions.reachable("a write was refused for too few nodes");
    throw new DynamoError(
      "too-few-nodes",
      `Cannot reach ${needed} replicas: only ${placement.servedCount} of the key's nodes seem up`,
    );
  }
  assertions.sometimes("a write went to who will own its key", nextOwners !== undefined);
  assertions.sometimes(
    "a primary that seemed down had a stand-in at once",
    placement.standInCount > 0,
  );
  assertions.sometimes(
    "a primary that seemed down was asked for want of a stand-in",
    placement.servedCount < placement.slots.length,
  );
  if (ring.placement !== undefined) {
    const { datacenterOf } = ring.placement;
    assertNearness(assertions, { placement, preferenceList, coordinator, datacenterOf, isUp });
  }
  assertions.always(
    "a write's coordinator has a slot",
    coordinator === undefined || placement.slotOf(coordinator) !== undefined,
  );
  return placement;
}

function hasSlotForEach(
  preferenceList: readonly NodeId[],
  n: number,
  { slots, nextSlots }: Placement,
): boolean {
  const ownerCount = Math.min(n, preferenceList.length);
  for (let at = 0; at < ownerCount; at++) {
    if (slots[at]?.primary !== preferenceList[at]) return false;
  }
  return slots.length === ownerCount || nextSlots !== undefined;
}

/** Undefined where the open change leaves the key to the same nodes, or none is open. */
function nextOwnersOf(ring: Ring, key: Uint8Array, n: number): readonly NodeId[] | undefined {
  if (ring.next === undefined) return undefined;
  const partition = ring.partitionOf(key);
  const owners = ring.preferenceListOf(partition).slice(0, n);
  const next = ring.next.preferenceListOf(partition).slice(0, n);
  return next.every((node) => owners.includes(node)) ? undefined : next;
}

interface Nearness {
  readonly placement: Placement;
  readonly preferenceList: readonly NodeId[];
  readonly coordinator: NodeId | undefined;
  readonly datacenterOf: ReadonlyMap<NodeId, string>;
  readonly isUp: (node: NodeId) => boolean;
}

/** A stand-in is of its primary's datacenter where it can be (D-4.6-9); where a coordinator stands in is not his choice. */
function assertNearness(
  assertions: Environment["assertions"],
  { placement, preferenceList, coordinator, datacenterOf, isUp }: Nearness,
): void {
  const far = placement.slots.filter(
    ({ primary, asked: [first = primary] }) =>
      first !== coordinator && datacenterOf.get(first) !== datacenterOf.get(primary),
  );
  assertions.sometimes(
    "a stand-in was in another datacenter for want of one in its primary's",
    far.length > 0,
  );
  const isIdle = (node: NodeId) =>
    node !== coordinator &&
    isUp(node) &&
    !placement.slots.some(({ primary, asked }) => primary === node || asked.includes(node));
  const missed = far.some(({ primary }) =>
    preferenceList.some(
      (node) => datacenterOf.get(node) === datacenterOf.get(primary) && isIdle(node),
    ),
  );
  assertions.always(
    "a stand-in is in its primary's datacenter while one there is up and idle",
    !missed,
  );
}
