import type { Clock } from "../../../../src/causality/versioning.ts";
import { coversClock } from "./covers-clock.ts";
import type { ClientRequest, KeyState, KnownRecord } from "./key-state.ts";
import type { Violations } from "./violations.ts";

export interface ReadCheckOptions {
  /** False in the modes that lose writes: there it only counts that R nodes looked at what they hold. */
  readonly lossless: boolean;
}

/**
 * A read that is answered has R answers (D-4.5-6, D-4.6-5, K-22), and shows all they hold: own copies and hints. Answers are not
 * seen here, but whoever gives one looks up its own row of the key while the read is under way, and what it holds at
 * the first such look it holds when it answers. So R nodes must be found that looked, and hold nothing that the context of
 * the answer leaves out; with a strict quorum among the primaries. A silent node taken for one that holds nothing, a fallback that keeps quiet about its hints and
 * an answer counted twice all leave fewer.
 *
 * That the versions covered by the context are shown as well is the affair of `context-covers-unseen`.
 */
export class ReadWatch {
  readonly #options: ReadCheckOptions;
  readonly #underWay = new Map<KeyState, Map<number, ReadUnderWay>>();

  constructor(options: ReadCheckOptions) {
    this.#options = options;
  }

  /** False: looks of nodes at their rows are of no interest. */
  get isAnyUnderWay(): boolean {
    return this.#underWay.size > 0;
  }

  asked(request: ClientRequest): void {
    const { ask, state } = request;
    let reads = this.#underWay.get(state);
    if (reads === undefined) {
      reads = new Map();
      this.#underWay.set(state, reads);
    }
    reads.set(ask.id, { request, heldBy: new Map() });
  }

  /** A node looks up its own row of the key. Its hints it looks up after that. */
  looked(state: KeyState, node: string): void {
    const reads = this.#underWay.get(state);
    if (reads === undefined) return;
    let held: readonly KnownRecord[] | undefined;
    for (const { heldBy } of reads.values()) {
      if (heldBy.has(node)) continue;
      held ??= heldAt(state, node);
      heldBy.set(node, held);
    }
  }

  /** A node no longer holds a row: a hint was delivered, a write was rolled back, or it died. It may leave out what it held. */
  forgot(state: KeyState, node: string): void {
    for (const { heldBy } of this.#underWay.get(state)?.values() ?? []) {
      if (heldBy.has(node)) heldBy.set(node, NOTHING);
    }
  }

  /** A node died: the reads it coordinated are never answered. */
  died(node: string): void {
    for (const reads of [...this.#underWay.values()]) {
      for (const { request } of [...reads.values()]) {
        if (request.ask.node === node) this.#end(request);
        else this.forgot(request.state, node);
      }
    }
  }

  /** The read is answered; `shown` is what the context of the answer covers, undefined where nothing was found out. */
  answered(request: ClientRequest, shown: Clock | undefined, violations: Violations): void {
    const read = this.#end(request);
    if (read === undefined || shown === undefined) return;
    const { ask, state } = request;
    const counted: string[] = [];
    for (const [node, held] of read.heldBy) {
      const mayCount = !ask.strict || state.primaries.includes(node);
      if (mayCount && this.#isShown(held, shown)) counted.push(node);
    }
    if (counted.length >= ask.quorum) return;
    violations.report("read-without-quorum", () => ({
      anomaly: "a read was answered without all that R nodes hold",
      detail: `Node ${ask.node} answered request ${ask.id} with R ${ask.quorum}; ${read.heldBy.size} nodes looked at what they hold (${[...read.heldBy.keys()].join(", ")}), and all of it is in the answer for ${counted.length} of them (${counted.join(", ")})`,
      key: state.name,
    }));
  }

  #isShown(held: readonly KnownRecord[], shown: Clock): boolean {
    return !this.#options.lossless || held.every(({ clock }) => coversClock(shown, clock));
  }

  #end({ ask, state }: ClientRequest): ReadUnderWay | undefined {
    const reads = this.#underWay.get(state);
    const read = reads?.get(ask.id);
    reads?.delete(ask.id);
    if (reads?.size === 0) this.#underWay.delete(state);
    return read;
  }
}

interface ReadUnderWay {
  readonly request: ClientRequest;
  /** By node, once it looked: what it held then. */
  readonly heldBy: Map<string, readonly KnownRecord[]>;
}

const NOTHING: readonly KnownRecord[] = [];

function heldAt(state: KeyState, node: string): readonly KnownRecord[] {
  const held: KnownRecord[] = [];
  for (const copy of state.copies) {
    if (copy.node === node && copy.visible !== undefined) held.push(copy.visible.record);
  }
  return held;
}
