/* Which nodes are no members any more and may still hold something, by small examples. */
import { describe, expect, test } from "vitest";
import { nodeId } from "../base/ids.ts";
import type { Change } from "./change.ts";
import { changeId, NEVER_COMPLETE } from "./change.ts";
import { foundersOf, memberOf, Site } from "./testing/sites.ts";

const FOUNDERS = foundersOf(["a", "b", "c"].map((id) => memberOf(id)));
const [C, X] = [nodeId("c"), nodeId("x")];

function siteWithout(node: string): { readonly site: Site; readonly leave: Change } {
  const site = new Site(FOUNDERS);
  const leave = site.leave(node);
  expect(site.view.departures).toEqual([]);
  site.complete();
  return { site, leave };
}

const openOf = (site: Site) =>
  site.view.departures.filter(({ emptiedBy }) => emptiedBy === undefined);

describe("a departure", () => {
  test("is a leave that is complete, until the node is said to be empty", () => {
    const { site, leave } = siteWithout("c");
    const [departure, ...others] = site.view.departures;
    expect(others).toEqual([]);
    expect(departure).toMatchObject({ node: C, change: changeId(leave), emptiedBy: undefined });
    const said = site.emptied("c");
    expect(site.view.departures).toEqual([{ ...departure, emptiedBy: said.issuer }]);
  });

  test("is no word about another node, another change or another digest", () => {
    const { site, leave } = siteWithout("c");
    const [departure] = site.view.departures;
    const digest = departure?.digest ?? "";
    const word = { kind: "emptied", change: changeId(leave), digest, node: C } as const;
    site.say({ ...word, node: X });
    site.say({ ...word, change: changeId({ ...leave, number: 99 }) });
    site.say({ ...word, digest: NEVER_COMPLETE });
    expect(openOf(site)).toHaveLength(1);
    site.say(word);
    expect(openOf(site)).toEqual([]);
  });

  test("is over where the node is a member again, and comes back with its next leave", () => {
    const { site } = siteWithout("c");
    site.join("c");
    site.complete();
    expect(site.view.departures).toEqual([]);
    const second = site.leave("c");
    site.complete();
    // It has to be empty after both: it was not when it joined again.
    expect(openOf(site).map(({ change }) => change)).toContain(changeId(second));
    expect(openOf(site)).toHaveLength(2);
    site.emptied("c");
    expect(openOf(site)).toEqual([]);
  });

  test("is a join that was withdrawn: the node may have received rows", () => {
    const site = new Site(FOUNDERS);
    const join = site.join("x");
    site.withdraw(join);
    expect(site.view.departures).toEqual([
      { node: X, change: changeId(join), digest: NEVER_COMPLETE, emptiedBy: undefined },
    ]);
    site.emptied("x");
    expect(openOf(site)).toEqual([]);
    site.withdraw(site.leave("c"));
    expect(openOf(site)).toEqual([]);
  });

  test("D-4.9-5 whose leave was taken back and completed anew is not the one of which the node said that it is empty", () => {
    const [left, right] = [new Site(FOUNDERS, { number: 1 }), new Site(FOUNDERS, { number: 2 })];
    left.join("x");
    left.pass(500);
    left.complete();
    right.pass(1_000);
    right.leave("c");
    right.complete();
    right.emptied("c");
    expect(openOf(right)).toEqual([]);
    right.meet(left);
    // The earlier one stays, so that the leave is open again, and the node an owner.
    expect([right.view.members.has(C), right.view.departures]).toEqual([true, []]);
    right.complete();
    expect(openOf(right).map(({ node }) => node)).toEqual([C]);
  });
});
