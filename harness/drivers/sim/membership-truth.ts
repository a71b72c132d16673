import { FormatError } from "../../../src/base/binary.ts";
import type { NodeId } from "../../../src/base/ids.ts";
import type { Change } from "../../../src/membership/change.ts";
import { changeId } from "../../../src/membership/change.ts";
import { decodeChange } from "../../../src/membership/change-codec.ts";
import { History } from "../../../src/membership/history.ts";
import type { Founders, MembershipView } from "../../../src/membership/view.ts";
import { viewOf } from "../../../src/membership/view.ts";
import type { DiskObserver } from "./disk/sim-disk-options.ts";
import type { RowState } from "./observer.ts";

export interface MembershipTruthOptions {
  readonly founders: Founders;
  readonly n: number;
  /** The view is another one than it was. */
  readonly onChange: () => void;
}

/**
 * Who the members are and who owns what, as nobody in a real cluster can know it: by all changes that any disk holds at this moment. Nodes are behind
 * it, each in its own way. A change that only lost disks held has never been.
 */
export class MembershipTruth {
  readonly #options: MembershipTruthOptions;
  /** By node, then by row. */
  readonly #stored = new Map<string, Map<string, Change>>();
  #known: ReadonlySet<string> = new Set();
  #view: MembershipView;

  constructor(options: MembershipTruthOptions) {
    this.#options = options;
    this.#view = viewOf(options.founders, [], options.n);
  }

  get view(): MembershipView {
    return this.#view;
  }

  get members(): readonly NodeId[] {
    return [...this.#view.members.keys()];
  }

  /**
   * Tells `next` everything, and this of the rows that are on a disk: the last, since a change counts beside all that was stored, or lost, in the same
   * moment.
   */
  observing(next: DiskObserver | undefined): DiskObserver {
    return {
      rowRead: (node, table, key) => next?.rowRead(node, table, key),
      rowsWritten: (node, changes) => next?.rowsWritten(node, changes),
      rowsDurable: (node, changes) => {
        next?.rowsDurable(node, changes);
        if (changes.some(isOfMembership)) this.#take(node, changes, this.#storedBy(node));
      },
      rowsRolledBack: (node, rows) => next?.rowsRolledBack(node, rows),
      rowDamaged: (node, table, key) => next?.rowDamaged(node, table, key),
      rowsReplaced: (node, rows) => {
        next?.rowsReplaced(node, rows);
        const had = this.#storedBy(node).size;
        if (had > 0 || rows.some(isOfMembership)) this.#take(node, rows, new Map());
      },
    };
  }

  #storedBy(node: string): Map<string, Change> {
    return this.#stored.get(node) ?? new Map();
  }

  #take(node: string, rows: readonly RowState[], stored: Map<string, Change>): void {
    this.#stored.set(node, stored);
    for (const row of rows) {
      const change = isOfMembership(row) ? changeIn(row) : undefined;
      if (change !== undefined) stored.set(changeId(change), change);
    }
    const all = new Map([...this.#stored.values()].flatMap((changes) => [...changes]));
    const known = this.#known;
    // Mostly it is news to this node alone.
    if (all.size === known.size && [...all.keys()].every((id) => known.has(id))) return;
    this.#known = new Set(all.keys());
    const { founders, n, onChange } = this.#options;
    const history = new History();
    history.add([...all.values()]);
    this.#view = viewOf(founders, history.inOrder(), n);
    onChange();
  }
}

function isOfMembership({ table }: RowState): boolean {
  return table === "membership";
}

/** Undefined where the row is garbled: its node leaves it out as well. */
function changeIn({ value }: RowState): Change | undefined {
  if (value === undefined) return undefined;
  try {
    return decodeChange(value);
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}
