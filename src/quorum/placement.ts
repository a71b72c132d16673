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
  readonly coordinator?: NodeId | undefined;
  /**
   * A write's: the key's first N once the open change of the ring is complete (D-4.9-4). Absent: none is open, or it leaves the key as it
   * is.
   */
  readonly nextOwners?: readonly NodeId[] | undefined;
  /** Where a node is; fallbacks there stand in before others (D-4.6-9). Absent: nobody knows. */
  readonly datacenterOf?: ReadonlyMap<NodeId, string> | undefined;
}

/**
 * One slot for each primary of a key, and who serves it. Counting slots instead of nodes makes two
 * acknowledgements always two of the N copies: a hint and the primary it is for never count twice.
 *
 * While a change of the ring is open a write has slots for those, too, who will own the key: then it is in two sets of N slots at once, and
 * whoever counts must count in both.
 */
export class Placement {
  /** Those of the owners, then those of who will be. */
  readonly slots: readonly Slot[];
  /** The N slots of those who will own the key; undefined where no change is open for it. */
  readonly nextSlots: readonly Slot[] | undefined;
  /**
   * How many slots of a set, the worse one, are served by a node that is believed up; fewer than needed, and the request is better
   * refused.
   */
  readonly servedCount: number;
  /** How many slots got a fallback at once because their primary seems down. */
  readonly standInCount: number;
  readonly #options: PlacementOptions;
  readonly #ownerCount: number;
  /** Fallbacks that were not looked at yet, in ring order; made when the first one is needed, which is rare. */
  #fallbacks: NodeId[] | undefined;

  constructor(options: PlacementOptions) {
    const { preferenceList, n, isUp, coordinator, nextOwners } = options;
    this.#options = options;
    const slots: Slot[] = [];
    for (const primary of preferenceList) {
      if (slots.length === n) break;
      slots.push(new Slot(primary));
    }
    this.#ownerCount = slots.length;
    this.nextSlots = nextOwners?.map((owner) => slotFor(owner, slots));
    this.slots = slots;
    if (coordinator !== undefined && !this.#hasSlot(coordinator)) {
      this.#placeFallbackCoordinator(coordinator);
    }
    const served = new Set<Slot>();
    let standInCount = 0;
    for (const slot of slots) {
      const { primary, asked } = slot;
      const isServed = asked.length > 0 || primary === coordinator || isUp(primary);
      const fallback = isServed ? undefined : this.#takeFallback(primary);
      if (isServed || fallback !== undefined) served.add(slot);
      if (fallback !== undefined) standInCount += 1;
      // A primary that is believed down is asked all the same when nobody can stand in for it.
      if (asked.length === 0) slot.ask(fallback ?? primary);
    }
    this.servedCount = this.leastIn((slot) => served.has(slot));
    this.standInCount = standInCount;
  }

  /** How many slots of a set, the one that has fewest, are such as asked for. */
  leastIn(isSuch: (slot: Slot) => boolean): number {
    let count = 0;
    for (let at = 0; at < this.#ownerCount; at += 1) {
      const slot = this.slots[at];
      if (slot !== undefined && isSuch(slot)) count += 1;
    }
    if (this.nextSlots === undefined) return count;
    return Math.min(count, this.nextSlots.filter(isSuch).length);
  }

  /** The first messages of the request, one for each node. */
  sends(): readonly Send[] {
    const sends: Send[] = [];
    for (const slot of this.slots) {
      for (const node of slot.asked) sends.push(sendFor(slot, node));
    }
    return sends;
  }

  slotOf(node: NodeId): Slot | undefined {
    for (const slot of this.slots) if (slot.asked.includes(node)) return slot;
    return undefined;
  }

  /** True where no node was asked on behalf of two slots: its answer would count for one of them only. */
  get asksNoNodeForTwoSlots(): boolean {
    for (const slot of this.slots) {
      for (const node of slot.asked) if (this.slotOf(node) !== slot) return false;
    }
    return true;
  }

  /** Gives a slot its next stand-in; undefined where nobody is left or fallbacks do not count. */
  replace(slot: Slot): Send | undefined {
    const fallback = this.#takeFallback(slot.primary);
    if (fallback === undefined) return undefined;
    slot.ask(fallback);
    return sendFor(slot, fallback);
  }

  /**
   * The next node down the list that seems up and does not take part yet: one of the primary's datacenter, or else any.
   */
  #takeFallback(primary: NodeId): NodeId | undefined {
    const { preferenceList, n, sloppy, isUp, coordinator } = this.#options;
    if (!sloppy) return undefined;
    this.#fallbacks ??= preferenceList.slice(n).filter((node) => !this.#hasSlot(node));
    const fallbacks = this.#fallbacks;
    while (fallbacks.length > 0) {
      const near = fallbacks.findIndex((node) => this.#areNear(node, primary));
      const [node] = fallbacks.splice(Math.max(0, near), 1);
      if (node !== undefined && node !== coordinator && isUp(node)) return node;
    }
    return undefined;
  }

  #hasSlot(node: NodeId): boolean {
    return this.slots.some((slot) => slot.primary === node);
  }

  #areNear(node: NodeId, other: NodeId): boolean {
    const datacenter = this.#options.datacenterOf?.get(node);
    return datacenter !== undefined && datacenter === this.#options.datacenterOf?.get(other);
  }

  /**
   * A coordinator further down the list takes the place of a primary that is down, one of its own datacenter if it can, else
   * of the last one; a primary that seems alive is still asked for its own copy.
   */
  #placeFallbackCoordinator(coordinator: NodeId): void {
    const { isUp } = this.#options;
    const owned = this.slots.slice(0, this.#ownerCount);
    const down = owned.filter(({ primary }) => !isUp(primary));
    const slot =
      down.find(({ primary }) => this.#areNear(coordinator, primary)) ?? down[0] ?? owned.at(-1);
    if (slot === undefined) return;
    slot.ask(coordinator);
    if (isUp(slot.primary)) slot.ask(slot.primary);
  }
}

/** One of the N copies of a key and the nodes that were asked to serve it, in the order of asking. */
export class Slot {
  readonly primary: NodeId;
  #asked: readonly NodeId[] = NOBODY;
  /** Nodes asked that will never answer; made when the first one fails, which is rare. */
  #failed: Set<NodeId> | undefined;

  constructor(primary: NodeId) {
    this.primary = primary;
  }

  get asked(): readonly NodeId[] {
    return this.#asked;
  }

  get exhausted(): boolean {
    return (this.#failed?.size ?? 0) === this.asked.length;
  }

  ask(node: NodeId): void {
    // Nearly always the only one: a list that grows from nothing gets room for 17 at once.
    this.#asked = this.#asked.length === 0 ? [node] : [...this.#asked, node];
  }

  hasFailed(node: NodeId): boolean {
    return this.#failed?.has(node) === true;
  }

  markFailed(node: NodeId): void {
    this.#failed ??= new Set();
    this.#failed.add(node);
  }
}

const NOBODY: readonly NodeId[] = [];

/** That of a primary, which gets one where it has none. */
function slotFor(primary: NodeId, slots: Slot[]): Slot {
  const known = slots.find((slot) => slot.primary === primary);
  if (known !== undefined) return known;
  const slot = new Slot(primary);
  slots.push(slot);
  return slot;
}

function sendFor(slot: Slot, node: NodeId): Send {
  return { node, hintFor: node === slot.primary ? undefined : slot.primary };
}
