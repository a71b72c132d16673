import { linkName } from "../cluster/contract.ts";
import type { SimFault, SimFaultKind } from "../drivers/sim/world-plan.ts";

/** Between which nodes of a world nothing is wrong, and since when, by the faults that begin and end. */
export class CalmPairs {
  readonly #nowMs: () => number;
  readonly #troubles = new Map<string, Trouble>();
  /** Changes of the members: for a removal everybody else is restarted, and a node that joins may be slow, or dead. */
  #memberChanges = 0;
  #everywhereMs = Number.NEGATIVE_INFINITY;
  #isOver = false;

  /** `nowMs` gives the virtual time. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** A fault began, or ended. */
  noted(fault: SimFault, phase: "applied" | "healed"): void {
    if (MEMBER_CHANGES.has(fault.kind)) {
      this.#memberChanges += phase === "applied" ? 1 : -1;
      this.#everywhereMs = this.#nowMs();
    }
    const isLasting = "endMs" in fault;
    for (const place of placesOf(fault)) {
      const trouble = this.#troubles.get(place) ?? { active: 0, lastMs: 0 };
      this.#troubles.set(place, trouble);
      trouble.lastMs = this.#nowMs();
      if (isLasting) trouble.active += phase === "applied" ? 1 : -1;
    }
  }

  /** From now on more is wrong than faults tell; nobody is calm any more. */
  end(): void {
    this.#isOver = true;
  }

  /** True where since `sinceMs` nothing was wrong with the two nodes and the links between them. */
  isCalm(node: string, peer: string, sinceMs: number): boolean {
    const calmMs = this.calmSinceMs(node, peer);
    return calmMs !== undefined && calmMs < sinceMs;
  }

  /** When something was wrong with them last, long ago where nothing ever was; undefined while something is. */
  calmSinceMs(node: string, peer: string): number | undefined {
    if (this.#isOver || this.#memberChanges > 0) return undefined;
    const links = [
      { from: node, to: peer },
      { from: peer, to: node },
    ];
    let sinceMs = this.#everywhereMs;
    for (const place of [node, peer, ...links.map(linkName)]) {
      const { active, lastMs } = this.#troubles.get(place) ?? NEVER;
      if (active > 0) return undefined;
      sinceMs = Math.max(sinceMs, lastMs);
    }
    return sinceMs;
  }
}

const MEMBER_CHANGES: ReadonlySet<SimFaultKind> = new Set(["remove", "join", "leave"]);

interface Trouble {
  active: number;
  lastMs: number;
}

const NEVER: Readonly<Trouble> = { active: 0, lastMs: Number.NEGATIVE_INFINITY };

function placesOf(fault: SimFault): readonly string[] {
  if ("node" in fault) return [fault.node];
  // A fault that names a link twice hurts it once.
  return [...new Set(fault.links.map(linkName))];
}
