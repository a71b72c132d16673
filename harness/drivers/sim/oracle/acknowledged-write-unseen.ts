import type { Clock } from "../../../../src/causality/versioning.ts";
import { coversClock } from "./covers-clock.ts";
import { joined } from "./key-history.ts";
import type { ClientRequest, Copy, KeyState, KnownRow } from "./key-state.ts";
import { checkTakenOver } from "./not-taken-over.ts";
import type { Violations } from "./violations.ts";

export interface UnseenCheckOptions {
  readonly nodes: readonly string[];
  readonly n: number;
  /** As `OracleParts` has them. */
  readonly synced: boolean;
  readonly movingW?: number | undefined;
  readonly believedPreferenceList?: (
    node: string,
    key: Uint8Array,
  ) => readonly string[] | undefined;
  /** Nodes that may forget what they knew, of the members too. */
  readonly destroyed: ReadonlySet<string>;
}

/**
 * What R + W > N promises (D-4.5-4): a read shows every write that was acknowledged before it began, or what superseded it.
 * The W nodes of the write and the R of the read are all among N primaries, so that at least one is in both: where quorums
 * are strict, or where there are no nodes beside the primaries. With a sloppy quorum that can use fallbacks nothing of the
 * kind is promised; what is promised then `read-without-quorum` holds it to. Nor does a key whose primary ever lost a
 * durable copy keep the promise. For the lossless modes.
 *
 * Nor does it end where the key moves to other primaries: those that are new received what the cluster's W of the old ones had acknowledged. But a
 * coordinator that has not heard of the last ring asks the owners by the one before, and they may not have heard of it either; what it
 * reads was promised there (architecture, "Membership").
 */
export class AcknowledgedWatch {
  readonly #options: UnseenCheckOptions;
  /** By key and W: what covers the writes acknowledged so far. */
  readonly #acknowledged = new Map<KeyState, Map<number, Clock>>();
  readonly #promised = new Map<number, readonly Clock[]>();
  readonly #forgetful = new Set<KeyState>();

  constructor(options: UnseenCheckOptions) {
    this.#options = options;
  }

  /** Of these keys a read asks other nodes from now on than those that acknowledged: they have taken over what W of the nodes before them had. */
  membersChanged(moved: readonly KeyState[], violations: Violations): void {
    const { movingW, destroyed, synced } = this.#options;
    if (movingW === undefined || destroyed.size > 0) {
      this.#acknowledged.clear();
      this.#promised.clear();
      return;
    }
    for (const state of moved) {
      const byW = this.#acknowledged.get(state);
      for (const [w, acknowledged] of byW ?? []) {
        if (w < movingW) byW?.delete(w);
        else if (!this.#forgetful.has(state))
          checkTakenOver(state, { w, acknowledged, synced }, violations);
      }
    }
  }

  readAsked({ ask, state }: ClientRequest): void {
    const byW = this.#acknowledged.get(state);
    if (byW === undefined || !this.#isStrict(ask.strict)) return;
    if (this.#isBehind(ask.node, state)) return;
    const promised: Clock[] = [];
    for (const [w, clock] of byW) {
      if (ask.quorum + w > this.#options.n) promised.push(clock);
    }
    if (promised.length > 0) this.#promised.set(ask.id, promised);
  }

  /** Only of a write that can have but one dot it is known which one was acknowledged. */
  writeAcknowledged({ ask, state, mints, sharesMints }: ClientRequest): void {
    const [mint] = mints;
    if (mint === undefined || mints.length > 1 || sharesMints) return;
    if (!this.#isStrict(ask.strict)) return;
    // Of so few nodes that those which took over need not have asked one of them.
    if (ask.quorum < (this.#options.movingW ?? 0) && this.#isBehind(ask.node, state)) return;
    let byW = this.#acknowledged.get(state);
    if (byW === undefined) {
      byW = new Map();
      this.#acknowledged.set(state, byW);
    }
    const fresh: Clock = new Map([[mint.actor, mint.counter]]);
    const before = byW.get(ask.quorum);
    byW.set(ask.quorum, before === undefined ? fresh : joined(before, fresh));
  }

  /** A node's data was replaced; `before` is what it had promised to keep in the row. */
  replaced(copy: Copy, before: KnownRow | undefined): void {
    const { durable, state } = copy;
    if (before === undefined) return;
    if (durable !== undefined && coversClock(durable.record.clock, before.record.clock)) return;
    copy.isForgetful = true;
    this.#forgetful.add(state);
  }

  /** The read is answered; `shown` is what the context of the answer covers, undefined where nothing was found out. */
  readAnswered({ ask, state }: ClientRequest, shown: Clock | undefined, violations: Violations) {
    const promised = this.#promised.get(ask.id);
    if (promised === undefined) return;
    this.#promised.delete(ask.id);
    if (shown === undefined || this.#forgetful.has(state)) return;
    const seen = joined(shown, state.collected);
    if (promised.every((clock) => coversClock(seen, clock))) return;
    violations.report("acknowledged-write-unseen", () => ({
      anomaly: "a read with R + W > N missed a write that was acknowledged before it",
      detail: `Node ${ask.node} answered request ${ask.id} with R ${ask.quorum} and a context of ${textOf(shown)}, and acknowledged before it was asked were ${promised.map(textOf).join(" and ")}`,
      key: state.name,
    }));
  }

  #isBehind(node: string, state: KeyState): boolean {
    const { believedPreferenceList, n } = this.#options;
    const believed = believedPreferenceList?.(node, state.key)?.slice(0, n);
    return believed !== undefined && believed.join() !== state.primaries.join();
  }

  #isStrict(strict: boolean): boolean {
    const { nodes, n } = this.#options;
    return strict || nodes.length <= n;
  }
}

function textOf(clock: Clock): string {
  return `{${[...clock].map(([actor, counter]) => `${actor}: ${counter}`).join(", ")}}`;
}
