import type { NodeId } from "../base/ids.ts";
import type { Placement, Slot } from "./placement.ts";

/**
 * Chooses which one of a write's N copies is to be stored before it is acknowledged where nodes buffer writes (paper 6.1: "the
 * coordinator chooses one out of the N replicas to perform a durable write"; D-6.1-5). `draw` is uniform in [0, 2^32).
 *
 * By chance, so that the disks of a hot key share the work, and without regard to who coordinates: often that is the same node for
 * all writes of a key. A slot nobody up serves is passed over. The duty belongs to the slot: whoever stands in for its
 * primary, now or later, takes it over, and so does the hint that the coordinator keeps for it in the end.
 */
export function durableSlot(
  { slots }: Pick<Placement, "slots">,
  draw: number,
  isUp: (node: NodeId) => boolean,
): Slot | undefined {
  const first = draw % slots.length;
  for (let offset = 0; offset < slots.length; offset += 1) {
    const slot = slots[(first + offset) % slots.length];
    if (slot?.asked.some(isUp)) return slot;
  }
  return slots[first];
}
