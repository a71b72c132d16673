import type { NodeId } from "../base/ids.ts";

/** Who is asked on whose behalf: a fallback stands in for a primary and keeps a hint naming it. */
export interface Send {
  readonly node: NodeId;
  /** The primary this node stands in for; undefined where it is a primary itself. */
  readonly hintFor: NodeId | undefined;
}

export interface PlacementOptions {
  /** Preference list of the key: every node of the ring once, owners first. */
  readonly preferenceList: readonly NodeId[];
  readonly n: number;
  /** True: fallbacks may stand in for primaries that are down or silent (paper 4.6). */
  readonly sloppy: boolean;
  /** What this node believes; never truth. */
  readonly isUp: (node: NodeId) => boolean;
  /** The node that must take part: a write's coordinator stores locally first (D-4.5-5). */
  readonly coordinator?: NodeId;
}

/**
 * One slot for each primary of a key, and who serves it. Counting slots instead of nodes makes two
 * acknowledgements always two of the N copies: a hint and the primary it is for never count twice.
 */
export class Placement {
  readonly slots: readonly Slot[];
  readonly #fallbacks: NodeId[];

  constructor(options: PlacementOptions) {
    const { preferenceList, n, sloppy, isUp, coordinator } = options;
    const primaries = preferenceList.slice(0, n);
    this.#fallbacks = sloppy ? preferenceList.slice(n).filter((node) => isUp(node)) : [];
    this.slots = primaries.map((primary) => new Slot(primary));
    if (coordinator !== undefined && !primaries.includes(coordinator)) {
      this.#placeFallbackCoordinator(coordinator, isUp);
    }
    for (const slot of this.slots) {
      if (slot.asked.length > 0) continue;
      if (slot.primary === coordinator || isUp(slot.primary)) slot.asked.push(slot.primary);
      // A primary that is believed down is asked all the same when nobody can stand in for it.
      else slot.asked.push(this.#fallbacks.shift() ?? slot.primary);
    }
  }

  /** The first messages of the request, one for each node. */
  sends(): readonly Send[] {
    return this.slots.flatMap((slot) => slot.asked.map((node) => sendFor(slot, node)));
  }

  slotOf(node: NodeId): Slot | undefined {
    return this.slots.find((slot) => slot.asked.includes(node));
  }

  /** Gives a slot its next stand-in; undefined where nobody is left or fallbacks do not count. */
  replace(slot: Slot): Send | undefined {
    const fallback = this.#fallbacks.shift();
    if (fallback === undefined) return undefined;
    slot.asked.push(fallback);
    return sendFor(slot, fallback);
  }

  /**
   * A coordinator further down the list takes the place of a primary that is down, else of the last one; a primary that
   * seems alive is still asked for its own copy.
   */
  #placeFallbackCoordinator(coordinator: NodeId, isUp: (node: NodeId) => boolean): void {
    const slot = this.slots.find((each) => !isUp(each.primary)) ?? this.slots.at(-1);
    if (slot === undefined) return;
    slot.asked.push(coordinator);
    if (isUp(slot.primary)) slot.asked.push(slot.primary);
    const position = this.#fallbacks.indexOf(coordinator);
    if (position >= 0) this.#fallbacks.splice(position, 1);
  }
}

/** One of the N copies of a key and the nodes that were asked to serve it, in the order of asking. */
export class Slot {
  readonly primary: NodeId;
  readonly asked: NodeId[] = [];
  /** Nodes asked that can still answer. */
  readonly failed = new Set<NodeId>();

  constructor(primary: NodeId) {
    this.primary = primary;
  }

  get exhausted(): boolean {
    return this.failed.size === this.asked.length;
  }
}

function sendFor(slot: Slot, node: NodeId): Send {
  return { node, hintFor: node === slot.primary ? undefined : slot.primary };
}
