import type { NodeId } from "../../base/ids.ts";
import { nodeId } from "../../base/ids.ts";
import { nextHybridTime } from "../../causality/hybrid-time.ts";
import { createRing } from "../../ring/partition-table.ts";
import type { Change, MemberRecord } from "../change.ts";
import { changeId, issuerOf } from "../change.ts";
import { History } from "../history.ts";
import type { Founders, MembershipView } from "../view.ts";
import { ViewFold } from "../view.ts";
import { lifeOf } from "./change-arbitraries.ts";

const CLUSTER = "c";
export const HOUR_MS = 3_600_000;

export function memberOf(id: string, fields: Partial<MemberRecord> = {}): MemberRecord {
  return { id: nodeId(id), address: `${id}:1`, ...fields };
}

export function foundersOf(members: readonly MemberRecord[], partitionCount = 12): Founders {
  const nodes = members.map(({ id }) => id);
  const { owners, stamp } = createRing({ clusterId: CLUSTER, nodes, partitionCount });
  return { table: { clusterId: CLUSTER, epoch: stamp.epoch, nodes, owners }, members };
}

/** A part of a cluster: an operator there, whose changes it hears of, and nodes that act by its view. */
export class Site {
  readonly history = new History();
  readonly #fold: ViewFold;
  readonly #issuer: Change["issuer"];
  readonly #n: number;
  #wallMs = 1_700_000_000_000;

  constructor(founders: Founders, { number = 1, n = 2, skewMs = 0 } = {}) {
    this.#fold = new ViewFold(founders, n);
    this.#n = n;
    this.#issuer = issuerOf(nodeId(`site-${number}`), lifeOf(number));
    this.#wallMs += skewMs;
  }

  get n(): number {
    return this.#n;
  }

  get view(): MembershipView {
    return this.#fold.view(this.history.inOrder());
  }

  pass(byMs: number): void {
    this.#wallMs += byMs;
  }

  say(what: Change["what"]): Change {
    const { latest: last } = this.history;
    const time = nextHybridTime({ wallMs: this.#wallMs, last, seen: [], skewMaxMs: 0 });
    const number = this.history.lastNumber(this.#issuer) + 1;
    const change = { issuer: this.#issuer, number, time, what };
    this.history.add([change]);
    return change;
  }

  join(id: string, fields: Partial<MemberRecord> = {}): Change {
    return this.say({ kind: "join", member: memberOf(id, fields) });
  }

  leave(id: string): Change {
    return this.say({ kind: "leave", node: nodeId(id) });
  }

  withdraw(change: Change): Change {
    return this.say({ kind: "withdraw", change: changeId(change) });
  }

  /** Who has not received what the open change gives it; where nobody gets anything, one member. */
  missing(): readonly NodeId[] {
    const { open } = this.view;
    if (open === undefined) return [];
    const { receivers, received, ring } = open;
    return receivers.size === 0
      ? ring.nodes.slice(0, 1)
      : [...receivers.keys()].filter((node) => !received.has(node));
  }

  /** A node says that it has what the open change gives it. */
  received(node: NodeId): Change {
    const { open, stamp } = this.view;
    if (open === undefined) throw new Error("Cannot receive: no change is open");
    const change = changeId(open.change);
    return this.say({ kind: "received", change, digest: stamp.digest, node });
  }

  /** All who have to receive for the open change do. */
  complete(): void {
    for (const node of this.missing()) this.received(node);
  }

  /** A node says that it is empty, for each time that it left. */
  emptied(id: string): Change {
    const node = nodeId(id);
    const departures = this.view.departures.filter((departure) => departure.node === node);
    const said = departures
      .filter(({ emptiedBy }) => emptiedBy === undefined)
      .map(({ change, digest }) => this.say({ kind: "emptied", change, digest, node }));
    const last = said.at(-1);
    if (last === undefined) throw new Error(`Cannot say that ${id} is empty: it has not left`);
    return last;
  }

  /** Both hear what either knows. */
  meet(other: Site): void {
    const mine = this.history.inOrder();
    this.history.add(other.history.inOrder());
    other.history.add(mine);
  }
}
