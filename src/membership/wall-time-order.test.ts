/*
 * Aim: members do not vanish or come back because a clock is wrong, and two parts that were told different things agree once they meet (K-18, D-4.8.1-6).
 * Method: the orders of two operators, one of whose clocks is hours behind, taken once by wall time, as gossip of members mostly does, and once by the fold.
 */
import { describe, expect, test } from "vitest";
import type { NodeId } from "../base/ids.ts";
import { nodeId } from "../base/ids.ts";
import { foundersOf, HOUR_MS, memberOf, Site } from "./testing/sites.ts";

const FOUNDERS = foundersOf(["a", "b", "c"].map((id) => memberOf(id)));

/** The faulty way: of all orders about a node the one of the latest wall time counts. */
class MembersByWallTime {
  readonly #orders = new Map<NodeId, { readonly isMember: boolean; readonly wallMs: number }>();

  hear(node: NodeId, order: { readonly isMember: boolean; readonly wallMs: number }): void {
    const known = this.#orders.get(node);
    if (known === undefined || order.wallMs > known.wallMs) this.#orders.set(node, order);
  }

  get joined(): readonly NodeId[] {
    return [...this.#orders].filter(([, { isMember }]) => isMember).map(([node]) => node);
  }
}

const X = nodeId("x");
const NOW_MS = 1_700_000_000_000;

describe("K-18 an operator whose clock is an hour behind lets a node leave that another has just let join", () => {
  test("by wall time it stays a member for good", () => {
    const members = new MembersByWallTime();
    members.hear(X, { isMember: true, wallMs: NOW_MS });
    members.hear(X, { isMember: false, wallMs: NOW_MS + 1_000 - HOUR_MS });
    expect(members.joined).toEqual([X]);
  });

  test("by the fold it has left, since who ordered that knew of the join", () => {
    const [here, there] = [
      new Site(FOUNDERS, { number: 1 }),
      new Site(FOUNDERS, { number: 2, skewMs: -HOUR_MS }),
    ];
    here.join("x");
    here.complete();
    here.meet(there);
    there.pass(1_000);
    there.leave("x");
    there.complete();
    here.meet(there);
    expect([...here.view.members.keys()]).toEqual(["a", "b", "c"]);
  });
});

describe("K-18 two parts of a cluster, cut off from each other, each let a node join and own ranges", () => {
  test("by the fold both come to one ring, with both nodes, and say so whoever tells whom first", () => {
    const stamps = [false, true].map((isTurned) => {
      const here = new Site(FOUNDERS, { number: 1 });
      const there = new Site(FOUNDERS, { number: 2, skewMs: 500 });
      here.join("x");
      here.complete();
      there.join("y");
      there.complete();
      if (isTurned) there.meet(here);
      else here.meet(there);
      while (here.view.open !== undefined) here.complete();
      here.meet(there);
      expect(there.view.ring.stamp).toEqual(here.view.ring.stamp);
      expect([...here.view.members.keys()]).toEqual(["a", "b", "c", "x", "y"]);
      return here.view.ring.stamp.digest;
    });
    expect(new Set(stamps).size).toBe(1);
  });
});
