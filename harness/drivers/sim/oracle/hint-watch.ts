import { parseHintRowKey } from "../../../../src/replica/row-keys.ts";
import { byteString, bytesOf } from "../../../../src/storage/byte-strings.ts";
import type { RowState } from "../observer.ts";
import { PAGE_HINTS } from "./hints-held-back.ts";
import type { Violations } from "./violations.ts";

/** What the nodes' configuration allows each of them. */
export interface HintBounds {
  readonly hintsMax: number;
  readonly hintBytesMax: number;
  /** How fast all nodes together may deliver hints to one owner, each an equal share of it. */
  readonly bytesPerSecond: number;
  /** Nodes of the cluster. */
  readonly members: number;
  /** Of which a node knows; one that has not heard of a join may deliver so much faster. Absent: of all. */
  readonly membersKnownTo?: ((node: string) => number | undefined) | undefined;
  /** How much sooner than at that rate a hint may be gone: a burst, and as long as sending and removing one takes at most. */
  readonly toleranceMs: number;
}

/** Counts as so many bytes at least, however small it is. */
export const HINT_COST_BYTES = 4_096;
/** Clocks of nodes are wrong by no more than 500 parts in a million; twice that, to be sure. */
const DRIFT_MAX = 0.001;

/**
 * Hints are bounded in number, in bytes and in the rate at which they leave (D-4.6-3, D-4.6-8, K-20), seen by the rows alone. A node
 * adds no hint row beyond its limits, and lets none grow there. Rows go no faster than hints may be sent: what was sent at
 * a rate, each removed within some time, was removed at that rate, that time aside (ITU-T I.371, cell delay variation).
 */
export class HintWatch {
  readonly #nowMs: () => number;
  readonly #bounds: HintBounds;
  #members: number;
  readonly #violations: Violations;
  readonly #nodes = new Map<string, NodeHints>();
  /** What falls due while a node is stopped goes in one moment when it is let go on. */
  readonly #wasPaused = new Set<string>();

  constructor(nowMs: () => number, bounds: HintBounds, violations: Violations) {
    this.#nowMs = nowMs;
    this.#bounds = bounds;
    this.#members = bounds.members;
    this.#violations = violations;
  }

  written(node: string, { table, key, value }: RowState): void {
    if (table !== "hints") return;
    const hints = this.#hintsOf(node);
    const before = hints.sizes.get(byteString(key));
    this.#noteMembers(node, hints);
    hints.set(key, value);
    if (value === undefined) {
      if (before !== undefined) this.#left(node, hints);
    } else this.#checkRoom(node, hints, (before ?? 0) < key.length + value.length);
  }

  rolledBack(node: string, { table, key, value }: RowState): void {
    if (table === "hints") this.#hintsOf(node).set(key, value);
  }

  replaced(node: string, rows: readonly RowState[]): void {
    this.#nodes.delete(node);
    for (const row of rows) this.rolledBack(node, row);
  }

  membersChanged(count: number): void {
    this.#members = count;
  }

  paused(node: string): void {
    this.#wasPaused.add(node);
  }

  #hintsOf(node: string): NodeHints {
    const hints = this.#nodes.get(node) ?? new NodeHints();
    this.#nodes.set(node, hints);
    return hints;
  }

  #checkRoom(node: string, { sizes, sizeBytes }: NodeHints, hasGrown: boolean): void {
    const { hintsMax, hintBytesMax } = this.#bounds;
    if (!hasGrown || (sizes.size <= hintsMax && sizeBytes <= hintBytesMax)) return;
    this.#violations.report("hints-beyond-limit", () => ({
      anomaly: "a node keeps more hints than it may",
      detail: `Node ${node} keeps ${sizes.size} hints of ${sizeBytes} bytes, allowed are ${hintsMax} of ${hintBytesMax} bytes`,
    }));
  }

  /** With each row that comes or goes, so that none was taken on before the last time. */
  #noteMembers(node: string, hints: NodeHints): void {
    const known = Math.min(this.#members, this.#bounds.membersKnownTo?.(node) ?? this.#members);
    const takenOnMs = () => (1_000 * hints.takenOnBytesMax()) / this.#bytesPerSecond(known);
    hints.members.note(known, this.#nowMs(), () => takenOnMs() + this.#bounds.toleranceMs);
  }

  /** A node's share. */
  #bytesPerSecond(members: number): number {
    return this.#bounds.bytesPerSecond / Math.max(1, members - 1);
  }

  #left(node: string, hints: NodeHints): void {
    const { toleranceMs } = this.#bounds;
    const nowMs = this.#nowMs();
    const bytesPerSecond = this.#bytesPerSecond(hints.members.fewest(nowMs));
    const aheadMs = Math.max(0, hints.paidUntilMs - nowMs);
    const costMs = (1_000 * HINT_COST_BYTES) / (bytesPerSecond * (1 + DRIFT_MAX));
    hints.paidUntilMs = nowMs + aheadMs + costMs;
    if (aheadMs <= toleranceMs || this.#wasPaused.has(node)) return;
    this.#violations.report("hints-too-fast", () => ({
      anomaly: "a node delivers hints faster than it may",
      detail: `Node ${node} has delivered hints that take ${aheadMs.toFixed(3)} ms more at ${bytesPerSecond} bytes a second, allowed are ${toleranceMs.toFixed(3)} ms`,
    }));
  }
}

class NodeHints {
  /** Row keys as byte strings, and the bytes of their rows with them. */
  readonly sizes = new Map<string, number>();
  sizeBytes = 0;
  paidUntilMs = 0;
  readonly members = new MembersOfLate();

  set(key: Uint8Array, value: Uint8Array | undefined): void {
    const rowKey = byteString(key);
    this.sizeBytes -= this.sizes.get(rowKey) ?? 0;
    this.sizes.delete(rowKey);
    if (value === undefined) return;
    this.sizes.set(rowKey, key.length + value.length);
    this.sizeBytes += key.length + value.length;
  }

  /** Of each owner a page at most is taken on at once; in bytes that count for the rate. */
  takenOnBytesMax(): number {
    const owners = new Set([...this.sizes.keys()].map((row) => ownerOf(row)));
    const costs = [...this.sizes.values()].map((bytes) => Math.max(HINT_COST_BYTES, bytes));
    return Math.min(costs.length, PAGE_HINTS * owners.size) * Math.max(0, ...costs);
  }
}

function ownerOf(row: string): string {
  return parseHintRowKey(bytesOf(row)).owner;
}

/** By how many members a node may have reckoned its share when it took on what goes now: those of before, for as long as that would take. */
class MembersOfLate {
  #now: number | undefined;
  #before = Number.POSITIVE_INFINITY;
  #untilMs = Number.NEGATIVE_INFINITY;

  note(members: number, nowMs: number, takenOnMs: () => number): void {
    if (this.#now !== undefined && members !== this.#now) {
      this.#before = Math.min(this.#now, this.fewest(nowMs));
      this.#untilMs = nowMs + takenOnMs();
    }
    this.#now = members;
  }

  fewest(nowMs: number): number {
    const now = this.#now ?? Number.POSITIVE_INFINITY;
    return nowMs < this.#untilMs ? Math.min(now, this.#before) : now;
  }
}
