import { describe, expect, test } from "vitest";
import { nodeId } from "../base/ids.ts";
import { ManualClock } from "../env/testing/manual-clock.ts";
import { quietEnvironment } from "../env/testing/quiet-environment.ts";
import { KeptEngine } from "../storage/testing/kept-engine.ts";
import { Membership } from "./membership.ts";
import { lifeOf } from "./testing/change-arbitraries.ts";
import { foundersOf, memberOf } from "./testing/sites.ts";

const FOUNDERS = foundersOf(["a", "b", "c"].map((id) => memberOf(id)));
const X = nodeId("x");
const JOIN = { kind: "join", member: memberOf("x") } as const;

/** Of one node, with N=2 and W=1: a receiver needs what both owners have. */
async function membershipOf(id: string, engine = new KeptEngine(), life = 1) {
  const env = quietEnvironment(new ManualClock());
  const membership = await Membership.open(env, {
    engine,
    nodeId: nodeId(id),
    life: lifeOf(life),
    founders: FOUNDERS,
    n: 2,
    w: 1,
  });
  let hasAll = false;
  let moves = 0;
  membership.start({
    hasAllOf: (_owner, ring) => hasAll && ring === membership.ring(),
    onChange: () => {},
    onMoved: () => {
      moves += 1;
    },
  });
  const exchange = async () => {
    hasAll = true;
    membership.exchanged();
    await membership.history.settled();
  };
  return { env, engine, membership, exchange, moves: () => moves };
}

describe("Membership", () => {
  test("D-4.9-1 a newcomer is no member until it has said that it has all, and says it once", async () => {
    const { membership, exchange } = await membershipOf("x");
    await membership.issue(JOIN);
    expect(membership.isMember).toBe(false);
    expect(membership.awaited().length).toBeGreaterThan(0);
    expect(membership.ring().next?.nodes).toContain(X);
    expect(membership.ring().stamp).not.toEqual(membership.ringInForce().stamp);
    await exchange();
    await exchange();
    expect(membership.view().open?.received ?? new Set([X])).toEqual(new Set([X]));
    const said = membership.history.inOrder().filter(({ what }) => what.kind === "received");
    expect(said).toHaveLength(1);
  });

  test("what could not be stored was not said, and is said with the next exchange", async () => {
    const { membership, engine, exchange, env } = await membershipOf("x");
    await membership.issue(JOIN);
    engine.failNext();
    await exchange();
    expect(membership.history.size).toBe(1);
    expect(env.log.lines.some(({ level }) => level === "error")).toBe(true);
    await exchange();
    expect(membership.history.size).toBe(2);
  });

  test("refuses a change that would be void, in a sentence, and keeps nothing of it", async () => {
    const { membership } = await membershipOf("a");
    await expect(membership.issue({ kind: "leave", node: X })).rejects.toThrow(
      "Cannot remove node x: it is no member",
    );
    expect(membership.history.size).toBe(0);
  });

  test("knows where founders are, and who was to join, by the last word of it", async () => {
    const { membership, moves } = await membershipOf("a");
    expect(membership.addressOf(X)).toBeUndefined();
    const { issuer, number } = await membership.issue(JOIN);
    expect(membership.addressOf(X)).toBe("x:1");
    await membership.issue({ kind: "withdraw", change: `${issuer}/${number}` as never });
    expect(moves()).toBe(0);
    await membership.issue({ kind: "join", member: memberOf("x", { address: "x:2" }) });
    expect([membership.addressOf(X), membership.addressOf(nodeId("b"))]).toEqual(["x:2", "b:1"]);
    expect(moves()).toBe(1);
  });

  test("keeps one ring while the stamp is the same, and begins with the stored one", async () => {
    const { membership, engine } = await membershipOf("a");
    const first = membership.ring();
    await membership.issue(JOIN);
    const open = membership.ring();
    expect(open).not.toBe(first);
    // It waits behind the join, and changes no ring.
    await membership.issue({ kind: "leave", node: nodeId("b") });
    expect(membership.ring()).toBe(open);
    const { membership: again } = await membershipOf("a", engine, 2);
    expect(again.ring().stamp).toEqual(open.stamp);
    expect(again.view()).toEqual(membership.view());
    expect(again.gossipPeers()).toEqual([nodeId("b"), nodeId("c"), X]);
  });
});
