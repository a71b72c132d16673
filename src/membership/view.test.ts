/* The rules of the fold, each by a small example; what holds for all histories is in view.property.test.ts. */
import { describe, expect, test } from "vitest";
import { nodeId } from "../base/ids.ts";
import type { Change } from "./change.ts";
import { changeId } from "./change.ts";
import { foundersOf, HOUR_MS, memberOf, Site } from "./testing/sites.ts";
import type { MembershipView } from "./view.ts";
import { viewOf } from "./view.ts";

const A = nodeId("a");
const X = nodeId("x");
const FOUNDERS = foundersOf(["a", "b", "c"].map((id) => memberOf(id)));

const nodesOf = ({ ring }: MembershipView) => ring.nodes.join(" ");
const openOf = ({ open }: MembershipView) => open && changeId(open.change);
const reasonsOf = (view: MembershipView) => view.void.map(({ reason }) => reason);

describe("a join", () => {
  test("is open until each receiver has said so, and then the ring is its table, one epoch later", () => {
    const site = new Site(FOUNDERS);
    const before = site.view;
    expect([nodesOf(before), before.stamp]).toEqual(["a b c", before.ring.stamp]);
    const join = site.join("x", { capacity: 2 });
    const { open, ring, stamp, members } = site.view;
    expect(openOf(site.view)).toBe(changeId(join));
    expect([ring.stamp, members.has(X)]).toEqual([before.ring.stamp, false]);
    expect(stamp.epoch).toBe(1);
    expect(stamp.digest).not.toBe(ring.stamp.digest);
    expect(open?.ring.nodes).toContain(X);
    expect(open?.receivers.get(X)?.length).toBeGreaterThan(0);
    for (const node of site.missing()) {
      expect(nodesOf(site.view)).toBe("a b c");
      site.received(node);
    }
    const after = site.view;
    expect(after.ring).toEqual(open?.ring);
    expect(after.stamp).toEqual({ epoch: 2, digest: open?.ring.stamp.digest });
    expect([after.open, after.members.get(X)]).toEqual([undefined, memberOf("x", { capacity: 2 })]);
  });

  test("a `received` under another digest, for another change or by who receives nothing does not count", () => {
    const site = new Site(FOUNDERS);
    const join = changeId(site.join("x"));
    const later = changeId(site.join("y"));
    const { digest } = site.view.stamp;
    const said = { kind: "received", change: join, digest, node: X } as const;
    site.say({ ...said, digest: site.view.ring.stamp.digest });
    site.say({ ...said, change: later });
    site.say({ ...said, node: nodeId("stranger") });
    expect(site.view.open?.received).toEqual(new Set());
    site.say(said);
    expect(nodesOf(site.view)).toBe("a b c x");
  });

  test("behind an open change waits for it, and is planned from its table", () => {
    const site = new Site(FOUNDERS);
    const [first, second] = [site.join("x"), site.join("y")];
    expect([openOf(site.view), site.view.waiting]).toEqual([changeId(first), [second]]);
    site.complete();
    expect([openOf(site.view), site.view.waiting]).toEqual([changeId(second), []]);
    expect(site.view.open?.ring.nodes.join(" ")).toBe("a b c x y");
    site.complete();
    expect([nodesOf(site.view), site.view.ring.stamp.epoch]).toEqual(["a b c x y", 3]);
  });
});

describe("a leave", () => {
  test("gives its ranges to others, who have to receive them", () => {
    const site = new Site(FOUNDERS);
    site.leave("c");
    expect(site.view.open?.receivers.has(nodeId("c"))).toBe(false);
    expect(site.missing().length).toBeGreaterThan(0);
    site.complete();
    expect([nodesOf(site.view), site.view.members.has(nodeId("c"))]).toEqual(["a b", false]);
  });

  test("that nobody receives anything for is complete on the word of any member that stays", () => {
    const site = new Site(FOUNDERS, { n: 3 });
    const leave = site.leave("c");
    const { open, stamp } = site.view;
    expect([openOf(site.view), open?.receivers.size]).toEqual([changeId(leave), 0]);
    const said = { kind: "received", change: changeId(leave), digest: stamp.digest } as const;
    site.say({ ...said, node: nodeId("c") });
    expect(nodesOf(site.view)).toBe("a b c");
    site.say({ ...said, node: A });
    expect(nodesOf(site.view)).toBe("a b");
    const withdrawal = site.withdraw(leave);
    expect(nodesOf(site.view)).toBe("a b");
    expect(site.view.void.map(({ change }) => change)).toEqual([withdrawal]);
  });

  test("D-4.8.1-3 may be followed by another join of the same node", () => {
    const site = new Site(FOUNDERS);
    for (let times = 0; times < 3; times += 1) {
      site.join("x");
      site.complete();
      expect(nodesOf(site.view)).toBe("a b c x");
      site.leave("x");
      site.complete();
      expect(nodesOf(site.view)).toBe("a b c");
    }
    expect([site.view.ring.stamp.epoch, site.view.void]).toEqual([7, []]);
  });
});

describe("what is void", () => {
  test.each<[string, (site: Site) => Change, string]>([
    ["a join of a member", (site) => site.join("a"), "it is a member already"],
    ["a leave of no member", (site) => site.leave("x"), "it is no member"],
    [
      "a join with a datacenter where others have none",
      (site) => site.join("x", { datacenter: "east" }),
      "Cannot add node x",
    ],
  ])("%s", (_name, say, reason) => {
    const site = new Site(FOUNDERS);
    const change = say(site);
    expect(site.view.void).toEqual([{ change, reason: expect.stringContaining(reason) }]);
    expect([site.view.open, site.view.stamp]).toEqual([undefined, site.view.ring.stamp]);
    const next = site.join("y");
    expect(openOf(site.view)).toBe(changeId(next));
  });

  test("a leave of the last node, and a join of more nodes than ranges", () => {
    const alone = new Site(foundersOf([memberOf("a")], 1));
    alone.leave("a");
    alone.join("x");
    expect(reasonsOf(alone.view)).toEqual([
      expect.stringContaining("it is the last one"),
      expect.stringContaining("1 ranges are too few for 2 nodes"),
    ]);
  });

  test("is judged when a change is the first in line, not before", () => {
    const site = new Site(FOUNDERS);
    site.join("x");
    site.leave("x");
    expect(site.view.void).toEqual([]);
    site.complete();
    site.complete();
    expect([nodesOf(site.view), site.view.void]).toEqual(["a b c", []]);
  });

  test("withdrawals of what is complete, void or unknown", () => {
    const site = new Site(FOUNDERS);
    const join = site.join("x");
    site.complete();
    const again = site.join("x");
    site.withdraw(join);
    site.withdraw(again);
    site.withdraw({ ...join, number: 99 });
    expect(nodesOf(site.view)).toBe("a b c x");
    expect(reasonsOf(site.view).slice(1)).toEqual([
      `Cannot withdraw change ${changeId(join)}: it is complete`,
      `Cannot withdraw change ${changeId(again)}: it is void`,
      expect.stringContaining("there is no such join or leave"),
    ]);
  });
});

describe("a withdrawal", () => {
  test("D-4.9-5 lets those behind go on, and what the node says afterwards does not count", () => {
    const site = new Site(FOUNDERS);
    const [dead, other] = [site.join("x"), site.join("y")];
    const cutOff = new Site(FOUNDERS, { number: 2 });
    cutOff.meet(site);
    site.withdraw(dead);
    expect([openOf(site.view), site.view.withdrawn]).toEqual([changeId(other), [dead]]);
    cutOff.pass(1_000);
    cutOff.complete();
    site.meet(cutOff);
    expect([openOf(site.view), nodesOf(site.view)]).toEqual([changeId(other), "a b c"]);
    site.complete();
    expect(nodesOf(site.view)).toBe("a b c y");
  });

  test("takes a waiting change out", () => {
    const site = new Site(FOUNDERS);
    site.join("x");
    const waiting = site.join("y");
    site.withdraw(waiting);
    expect([site.view.waiting, site.view.withdrawn]).toEqual([[], [waiting]]);
    site.complete();
    expect([nodesOf(site.view), site.view.open]).toEqual(["a b c x", undefined]);
  });

  test("is void where the change was complete before, though its issuer had not heard of that", () => {
    const site = new Site(FOUNDERS);
    const other = new Site(FOUNDERS, { number: 2 });
    const join = site.join("x");
    other.meet(site);
    site.complete();
    other.pass(1_000);
    other.withdraw(join);
    expect(nodesOf(other.view)).toBe("a b c");
    other.meet(site);
    expect([nodesOf(other.view), other.view.withdrawn]).toEqual(["a b c x", []]);
    expect(reasonsOf(other.view)).toEqual([expect.stringContaining("it is complete")]);
  });
});

describe("a withdrawal by who has not heard that the change is complete", () => {
  test("is void by a clock that is right, and undoes it by one that is behind", () => {
    for (const [skewMs, nodes] of [
      [60_000, "a b c x"],
      [-60_000, "a b c"],
    ] as const) {
      const site = new Site(FOUNDERS);
      const other = new Site(FOUNDERS, { number: 2, skewMs });
      const join = site.join("x");
      other.history.add([join]);
      other.withdraw(join);
      site.pass(1_000);
      site.complete();
      expect(nodesOf(site.view)).toBe("a b c x");
      site.meet(other);
      expect(nodesOf(site.view)).toBe(nodes);
    }
  });
});

describe("a split cluster (K-18)", () => {
  /** A joins on one side, B a second later on the other. */
  function split() {
    const left = new Site(FOUNDERS, { number: 1 });
    const right = new Site(FOUNDERS, { number: 2, skewMs: 1_000 });
    return { left, right, joinX: left.join("x"), joinY: right.join("y") };
  }

  test("that completed a change on each side keeps the earlier, and plans and receives the other anew", () => {
    const { left, right, joinY } = split();
    left.complete();
    right.complete();
    expect([left, right].map((site) => nodesOf(site.view))).toEqual(["a b c x", "a b c y"]);
    const saidBefore = right.history.inOrder().filter(({ what }) => what.kind === "received");
    left.meet(right);
    for (const { view } of [left, right]) {
      expect([nodesOf(view), view.ring.stamp.epoch, openOf(view)]).toEqual([
        "a b c x",
        2,
        changeId(joinY),
      ]);
      expect(view.open?.ring.nodes.join(" ")).toBe("a b c x y");
      expect(view.open?.receivers.has(nodeId("y"))).toBe(true);
      // What Y had received was for another table.
      expect(saidBefore.length).toBeGreaterThan(0);
      expect(view.open?.received).toEqual(new Set());
    }
    expect(left.view).toEqual(right.view);
    left.complete();
    right.meet(left);
    expect([nodesOf(right.view), right.view.ring.stamp.epoch]).toEqual(["a b c x y", 3]);
  });

  test("that completed the later change on one side keeps it: the earlier one waits for it, late as it comes", () => {
    const { left, right, joinX } = split();
    right.complete();
    left.meet(right);
    expect([nodesOf(left.view), openOf(left.view)]).toEqual(["a b c y", changeId(joinX)]);
    expect(left.view).toEqual(right.view);
  });

  test("where both changes are open gives way to the earlier, and what was received for the other does not count", () => {
    const { left, right, joinX, joinY } = split();
    const { open, stamp } = right.view;
    const said = { kind: "received", digest: stamp.digest, node: A } as const;
    right.say({ ...said, change: changeId(joinY) });
    expect(open?.receivers.size).toBeGreaterThan(0);
    right.meet(left);
    expect([openOf(right.view), right.view.waiting]).toEqual([changeId(joinX), [joinY]]);
    right.complete();
    expect([openOf(right.view), right.view.open?.received.size]).toEqual([changeId(joinY), 0]);
  });

  test("where both sides let the same node join has one of the joins void", () => {
    const { left, right } = split();
    left.complete();
    right.withdraw(right.history.inOrder()[0] as Change);
    right.join("x");
    right.complete();
    left.meet(right);
    expect([nodesOf(left.view), left.view.open]).toEqual(["a b c x", undefined]);
    expect(reasonsOf(left.view)).toEqual([expect.stringContaining("it is a member already")]);
    expect(right.view).toEqual(left.view);
  });
});

describe("clocks that are off", () => {
  test.each([HOUR_MS, -HOUR_MS])(
    "D-4.8.1-6 a join, and a leave in answer to it from a node %i ms off, end in left everywhere",
    (skewMs) => {
      const skewed = new Site(FOUNDERS, { number: 1, skewMs });
      const other = new Site(FOUNDERS, { number: 2 });
      const third = new Site(FOUNDERS, { number: 3, skewMs: -skewMs });
      other.join("x");
      skewed.meet(other);
      skewed.leave("x");
      for (const site of [other, third, skewed]) site.meet(skewed);
      while (third.view.open !== undefined) third.complete();
      for (const site of [skewed, other]) site.meet(third);
      for (const { view } of [skewed, other, third]) {
        expect([nodesOf(view), view.members.has(X), view.void]).toEqual(["a b c", false, []]);
      }
    },
  );
});

test("viewOf() of a history says the same as the view that grew with it", () => {
  const site = new Site(FOUNDERS);
  site.join("x");
  site.leave("a");
  site.complete();
  expect(viewOf(FOUNDERS, site.history.inOrder(), site.n)).toEqual(site.view);
});
