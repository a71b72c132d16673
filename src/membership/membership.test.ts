import { describe, expect, test } from "vitest";
import { nodeId } from "../base/ids.ts";
import { ManualClock } from "../env/testing/manual-clock.ts";
import { quietEnvironment } from "../env/testing/quiet-environment.ts";
import { eventLoopTurn } from "../platform/testing/event-loop-turn.ts";
import { KeptEngine } from "../storage/testing/kept-engine.ts";
import { changeId } from "./change.ts";
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

  test("of a node that left has to say that it is empty, once, and again where that could not be stored", async () => {
    const { membership, engine, env } = await membershipOf("c");
    expect(membership.emptying.isOwed).toBe(false);
    await leaveOf("c", membership);
    expect([membership.emptying.isOwed, membership.emptying.notEmptied()]).toEqual([true, ["c"]]);
    engine.failNext();
    membership.emptying.say();
    await membership.history.settled();
    await Promise.resolve();
    expect(env.log.lines.filter(({ level }) => level === "error")).toHaveLength(1);
    await eventLoopTurn();
    membership.emptying.say();
    membership.emptying.say();
    expect(membership.emptying.isOwed).toBe(false);
    await membership.history.settled();
    await eventLoopTurn();
    expect(membership.emptying.notEmptied()).toEqual([]);
    const said = membership.history.inOrder().filter(({ what }) => what.kind === "emptied");
    expect(said).toHaveLength(1);
    // Of itself it knows better.
    expect(membership.emptying.isSilenced).toBe(false);
  });

  test("is silenced by the word of another, over a restart, and until it is a member again", async () => {
    const { membership, engine, env } = await membershipOf("c");
    await leaveOf("c", membership);
    const other = await membershipOf("a");
    const told = () => membership.history.missingFor(other.membership.history.vector);
    await other.membership.history.merge(told());
    const [departure] = other.membership.view().departures;
    if (departure === undefined) throw new Error("Cannot go on: nobody left");
    const { node, change, digest } = departure;
    await other.membership.history.issue({ kind: "emptied", change, digest, node });
    const back = () => other.membership.history.missingFor(membership.history.vector);
    await membership.history.merge(back());
    expect([membership.emptying.isSilenced, membership.emptying.isOwed]).toEqual([true, false]);
    const warnings = env.log.lines.filter(({ level }) => level === "warn");
    expect(warnings.map(({ message }) => message)).toEqual([
      expect.stringContaining("said never to come back"),
    ]);
    const { membership: again } = await membershipOf("c", engine, 2);
    expect(again.emptying.isSilenced).toBe(true);
    await again.issue({ kind: "join", member: memberOf("c") });
    expect(again.emptying.isSilenced).toBe(true);
    await complete(again);
    expect([again.isMember, again.emptying.isSilenced]).toEqual([true, false]);
  });

  test("gives another ground for agreements with each change, and none while a node is not empty", async () => {
    const { membership } = await membershipOf("a");
    const first = membership.collectionGround();
    expect(first).toBeDefined();
    await membership.issue({ kind: "leave", node: nodeId("c") });
    expect(membership.collectionGround()).toBeUndefined();
    await complete(membership);
    expect(membership.view().open).toBeUndefined();
    expect(membership.collectionGround()).toBeUndefined();
    const [departure] = membership.view().departures;
    if (departure === undefined) throw new Error("Cannot go on: nobody left");
    const { node, change, digest } = departure;
    await membership.history.issue({ kind: "emptied", change, digest, node });
    const second = membership.collectionGround();
    expect(second).toBeDefined();
    expect(second).not.toBe(first);
    await membership.history.issue({ kind: "emptied", change, digest, node });
    expect(membership.collectionGround()).toBe(second);
  });
});

/** As if all had said what the open change needs them to say. */
async function complete(membership: Membership): Promise<void> {
  const { open, stamp } = membership.view();
  if (open === undefined) throw new Error("Cannot go on: no change is open");
  const change = changeId(open.change);
  for (const node of open.receivers.keys()) {
    await membership.history.issue({ kind: "received", change, digest: stamp.digest, node });
  }
}

async function leaveOf(id: string, membership: Membership): Promise<void> {
  await membership.issue({ kind: "leave", node: nodeId(id) });
  await complete(membership);
}
