/*
 * Aim: what must hold of views whatever operators and nodes do, cut off from each other and with clocks that are off. Method: sites, each with a
 * part of the history and acting by its own view; then their changes in any order and in any pieces.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Change } from "./change.ts";
import { changeId } from "./change.ts";
import { History } from "./history.ts";
import { foundersOf, HOUR_MS, memberOf, Site } from "./testing/sites.ts";
import { ViewFold, viewOf } from "./view.ts";

const FOUNDERS = foundersOf(["a", "b", "c"].map((id) => memberOf(id)));
const SITES = 3;
/** So few that changes are void, and several sites change the same. */
const NODES = ["b", "c", "x", "y"];

const site = fc.nat({ max: SITES - 1 });
const action = fc.oneof(
  fc.record({ kind: fc.constantFrom("join", "leave"), site, node: fc.constantFrom(...NODES) }),
  fc.record({ kind: fc.constant("received"), site, which: fc.nat({ max: 9 }) }),
  fc.record({ kind: fc.constant("complete"), site }),
  fc.record({ kind: fc.constant("withdraw"), site, which: fc.nat({ max: 9 }) }),
  fc.record({ kind: fc.constant("emptied"), site, which: fc.nat({ max: 9 }) }),
  fc.record({ kind: fc.constant("pass"), site, byMs: fc.nat({ max: 2_000 }) }),
  fc.record({ kind: fc.constant("meet"), site, other: site }),
);
type Action = Partial<Record<"node" | "kind", string>> &
  Partial<Record<"which" | "byMs" | "other", number>> & { readonly site: number };

function act(sites: readonly Site[], { kind, site: at, node, which, byMs, other }: Action): void {
  const acting = sites[at] as Site;
  const missing = acting.missing();
  const changes = acting.history.inOrder().filter(({ what }) => what.kind !== "received");
  const picked = changes[(which ?? 0) % Math.max(1, changes.length)];
  const left = acting.view.departures.filter(({ emptiedBy }) => emptiedBy === undefined);
  const departed = left[(which ?? 0) % Math.max(1, left.length)];
  const receiver = missing[(which ?? 0) % Math.max(1, missing.length)];
  if (kind === "join") acting.join(node ?? "");
  else if (kind === "leave") acting.leave(node ?? "");
  else if (kind === "received" && receiver !== undefined) acting.received(receiver);
  else if (kind === "complete") acting.complete();
  else if (kind === "withdraw" && picked !== undefined) acting.withdraw(picked);
  else if (kind === "emptied" && departed !== undefined) acting.emptied(departed.node);
  else if (kind === "pass") acting.pass(byMs ?? 0);
  else if (kind === "meet") acting.meet(sites[other ?? 0] as Site);
}

/** Sites after some actions of theirs. */
const anySites = fc
  .record({
    actions: fc.array(action, { minLength: 1, maxLength: 40 }),
    skewsMs: fc.array(fc.constantFrom(0, 1, HOUR_MS, -HOUR_MS), {
      minLength: SITES,
      maxLength: SITES,
    }),
  })
  .map(({ actions, skewsMs }) => {
    const sites = skewsMs.map(
      (skewMs, at) => new Site(FOUNDERS, { number: at + 1, skewMs: skewMs ?? 0 }),
    );
    for (const each of actions) act(sites, each as Action);
    return sites;
  });

function unionOf(sites: readonly Site[]): readonly Change[] {
  const history = new History();
  for (const { history: part } of sites) history.add(part.inOrder());
  return history.inOrder();
}

/** All ways to mix lists that each keep their order. */
function* mixes(lists: readonly (readonly Change[])[]): Generator<readonly Change[]> {
  const left = lists.filter(({ length }) => length > 0);
  if (left.length === 0) yield [];
  for (const list of left) {
    const [first, ...rest] = list as [Change, ...Change[]];
    const others = left.map((each) => (each === list ? rest : each));
    for (const mix of mixes(others)) yield [first, ...mix];
  }
}

describe("the changes of a split cluster", () => {
  test("that completed one on each side, and was told on a third to withdraw the earlier, give one view in each of their orders", () => {
    const [left, right, third] = [0, 1_000, -HOUR_MS].map(
      (skewMs, at) => new Site(FOUNDERS, { number: at + 1, skewMs }),
    ) as [Site, Site, Site];
    const join = left.join("x");
    third.history.add([join]);
    const withdrawal = third.withdraw(join);
    left.pass(500);
    left.complete();
    right.join("y");
    right.complete();
    const lists = [left.history.inOrder(), right.history.inOrder(), [withdrawal]];
    let count = 0;
    for (const mix of mixes(lists)) {
      const history = new History();
      const fold = new ViewFold(FOUNDERS, 2);
      for (const change of mix) {
        history.add([change]);
        expect(fold.view(history.inOrder())).toEqual(viewOf(FOUNDERS, history.inOrder(), 2));
      }
      expect(fold.view(history.inOrder()).ring.nodes.join(" ")).toBe("a b c y");
      count += 1;
    }
    expect(count).toBeGreaterThan(50);
  });
});

describe("views", () => {
  test("K-18 two nodes that have heard the same have one view, in whatever order and pieces it came", () => {
    fc.assert(
      fc.property(
        anySites,
        fc.array(fc.nat(), { minLength: 1, maxLength: 50 }),
        fc.integer({ min: 1, max: 5 }),
        (sites, order, pieceLength) => {
          const all = unionOf(sites);
          const expected = viewOf(FOUNDERS, all, 2);
          // By issuer the numbers stay in order, as they are sent; between issuers anything goes.
          const left = [...Map.groupBy(all, ({ issuer }) => issuer).values()].map((list) => [
            ...list,
          ]);
          const history = new History();
          const fold = new ViewFold(FOUNDERS, 2);
          for (let turn = 0; left.length > 0; turn += 1) {
            const at = (order[turn % order.length] ?? 0) % left.length;
            history.add(left[at]?.splice(0, pieceLength) ?? []);
            if (left[at]?.length === 0) left.splice(at, 1);
            expect(fold.view(history.inOrder())).toEqual(viewOf(FOUNDERS, history.inOrder(), 2));
          }
          expect(fold.view(history.inOrder())).toEqual(expected);
        },
      ),
      { numRuns: 300 },
    );
  });

  test("have one ring of their members, an epoch for each complete change, and each join and leave in one place", () => {
    fc.assert(
      fc.property(anySites, (sites) => {
        for (const changes of [...sites.map(({ history }) => history.inOrder()), unionOf(sites)]) {
          const { ring, members, open, waiting, withdrawn, ...view } = viewOf(FOUNDERS, changes, 2);
          expect(ring.nodes).toEqual([...members.keys()].sort());
          expect(view.departures.filter(({ node }) => members.has(node))).toEqual([]);
          const isOfMembers = ({ what }: Change) => what.kind === "join" || what.kind === "leave";
          const put = [
            ...(open === undefined ? [] : [open.change]),
            ...waiting,
            ...withdrawn,
            ...view.void.map(({ change }) => change).filter(isOfMembers),
          ].map(changeId);
          expect(new Set(put).size).toBe(put.length);
          const completeCount = changes.filter(isOfMembers).length - put.length;
          expect(ring.stamp.epoch).toBe(1 + completeCount);
          expect(waiting.length > 0 && open === undefined).toBe(false);
          for (const node of open?.received ?? []) {
            expect(open?.receivers.has(node) || open?.receivers.size === 0).toBe(true);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  test("come to rest once all have met and every receiver receives", () => {
    fc.assert(
      fc.property(anySites, (sites) => {
        for (const one of sites) for (const other of sites) one.meet(other);
        const [first] = sites as [Site, ...Site[]];
        for (const other of sites) other.meet(first);
        for (let rounds = 0; first.view.open !== undefined; rounds += 1) {
          expect(rounds).toBeLessThanOrEqual(60);
          first.complete();
        }
        for (const other of sites) {
          other.meet(first);
          expect(other.view).toEqual(first.view);
        }
        expect(first.view.waiting).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  test("what is complete stays complete for who hears only of what comes after it", () => {
    fc.assert(
      fc.property(anySites, fc.array(action, { maxLength: 20 }), (sites, actions) => {
        const [alone] = sites as [Site, ...Site[]];
        for (const each of actions) {
          const before = alone.view.ring.stamp.epoch;
          if (each.kind !== "meet") act([alone], { ...(each as Action), site: 0 });
          expect(alone.view.ring.stamp.epoch).toBeGreaterThanOrEqual(before);
        }
      }),
      { numRuns: 200 },
    );
  });
});
