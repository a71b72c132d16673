import { describe, expect, test } from "vitest";
import { utf8Bytes } from "../base/bytes.ts";
import { nodeId } from "../base/ids.ts";
import { ManualClock } from "../env/testing/manual-clock.ts";
import { quietEnvironment } from "../env/testing/quiet-environment.ts";
import type { Request } from "../protocol/messages.ts";
import { createRing, ringFromTable } from "../ring/partition-table.ts";
import type { Ring } from "../ring/ring.ts";
import { tableWith } from "../ring/table-changes.ts";
import type { Outcome } from "../rpc/contract.ts";
import { RestampedCalls } from "./restamped-calls.ts";

const PEER = nodeId("b");
const N = 2;
const NODES = ["a", "b", "c", "d"].map(nodeId);
const BEFORE = createRing({ clusterId: "c", nodes: NODES, partitionCount: 16 });
const TABLE = { clusterId: "c", epoch: 1, nodes: NODES, owners: BEFORE.owners };
const AFTER = ringFromTable(tableWith(TABLE, { node: nodeId("e") }));

const ownersIn = (ring: Ring, key: Uint8Array) =>
  ring.preferenceList(key).slice(0, N).sort().join();
const KEYS = Array.from({ length: 200 }, (_, number) => utf8Bytes(`key ${number}`));
const KEPT = KEYS.find((key) => ownersIn(BEFORE, key) === ownersIn(AFTER, key)) as Uint8Array;
const MOVED = KEYS.find((key) => ownersIn(BEFORE, key) !== ownersIn(AFTER, key)) as Uint8Array;

/** A node whose peer has the ring after; by a meeting the node gets it, too, unless the peer knows no more. */
function nodeBehind({
  learns = true,
  answerMs = 0,
  meetMs = 0,
  pauseMs = 0,
  isSilenced = false,
} = {}) {
  const clock = new ManualClock();
  let pausedMs = 0;
  /** Of a node that sleeps: its timers are late by what it slept. */
  const sleepy = {
    monotonicMs: () => clock.monotonicMs() + pausedMs,
    wallMs: () => clock.wallMs() + pausedMs,
    setTimer: clock.setTimer.bind(clock),
    defer: clock.defer.bind(clock),
  };
  const env = quietEnvironment(sleepy);
  let ring = BEFORE;
  const sent: Request[] = [];
  let meetings = 0;
  const calls = new RestampedCalls(env, {
    calls: {
      call: (_peer, request, _timeoutMs, done) => {
        sent.push(request);
        const isRight = "ring" in request && request.ring.digest === AFTER.stamp.digest;
        return clock.setTimer(answerMs, () => done(isRight ? STORED : STALE));
      },
    },
    ring: () => ring,
    meet: async () => {
      meetings += 1;
      if (meetMs > 0) await new Promise<void>((resolve) => clock.setTimer(meetMs, resolve));
      pausedMs += pauseMs;
      if (learns) ring = AFTER;
    },
    n: N,
    isSilenced: () => isSilenced,
  });
  const outcomeOf = async (request: Request): Promise<Outcome> => {
    const ended = new Promise<Outcome>((resolve) => calls.call(PEER, request, 100, resolve));
    let outcome: Outcome | undefined;
    ended.then((value) => {
      outcome = value;
    });
    // Who has something to say in this turn says it before the answer comes.
    await Promise.resolve();
    for (let ms = 0; outcome === undefined && ms < 1_000; ms += 1) {
      clock.advance(1);
      for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
    }
    return ended;
  };
  const learn = () => {
    ring = AFTER;
  };
  return { calls, clock, sent, outcomeOf, learn, meetings: () => meetings };
}

const STORED: Outcome = { kind: "reply", reply: { type: "put-reply" } };
const STALE: Outcome = {
  kind: "reply",
  reply: { type: "error-reply", code: "stale-ring", message: "Cannot serve" },
};

function putOf(key: Uint8Array, ring = BEFORE): Request {
  return { type: "put", ring: ring.stamp, key, record: utf8Bytes("r"), hintFor: undefined };
}

describe("a request that is refused for its ring", () => {
  test("K-17 is sent again under the ring that the peer tells of, where its owners are the same", async () => {
    const node = nodeBehind();
    expect(await node.outcomeOf(putOf(KEPT))).toEqual(STORED);
    expect(node.sent.map((request) => "ring" in request && request.ring)).toEqual([
      BEFORE.stamp,
      AFTER.stamp,
    ]);
  });

  test("K-17 is not where its owners are others: it counts its answers by those it began with", async () => {
    const node = nodeBehind();
    expect(await node.outcomeOf(putOf(MOVED))).toEqual(STALE);
    expect(node.sent).toHaveLength(1);
  });

  test("is sent again without a word where the node has heard of the change meanwhile", async () => {
    const node = nodeBehind();
    const outcome = node.outcomeOf(putOf(KEPT));
    node.learn();
    expect(await outcome).toEqual(STORED);
    expect(node.meetings()).toBe(0);
  });

  test("is refused again where the peer knows no more, and that is the end", async () => {
    const node = nodeBehind({ learns: false });
    expect(await node.outcomeOf(putOf(KEPT))).toEqual(STALE);
    expect(node.sent).toHaveLength(2);
  });

  test("is not sent again by a node that has just heard that others take it for gone", async () => {
    const node = nodeBehind({ isSilenced: true });
    expect(await node.outcomeOf(putOf(KEPT))).toEqual(STALE);
    expect(node.sent).toHaveLength(1);
  });

  test("is not sent after its time, and ends by then", async () => {
    const node = nodeBehind({ meetMs: 150 });
    const askedMs = node.clock.monotonicMs();
    expect(await node.outcomeOf(putOf(KEPT))).toEqual(STALE);
    expect(node.clock.monotonicMs() - askedMs).toBe(100);
    node.clock.advance(100);
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
    expect(node.sent).toHaveLength(1);
  });

  test("ends where the refusal is found after its time, as by a node that was paused", async () => {
    const node = nodeBehind({ answerMs: 150 });
    expect(await node.outcomeOf(putOf(KEPT))).toEqual(STALE);
    expect(node.sent).toHaveLength(1);
    expect(node.meetings()).toBe(0);
  });

  test("is not sent again by a node that sleeps while it meets the peer, and ends once it is awake", async () => {
    const node = nodeBehind({ pauseMs: 150 });
    expect(await node.outcomeOf(putOf(KEPT))).toEqual(STALE);
    expect(node.sent).toHaveLength(1);
  });

  test("is not sent again where it was cancelled", async () => {
    const node = nodeBehind({ meetMs: 20 });
    let isDone = false;
    const call = node.calls.call(PEER, putOf(KEPT), 100, () => {
      isDone = true;
    });
    node.clock.advance(1);
    await Promise.resolve();
    call.cancel();
    node.clock.advance(50);
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
    expect(node.sent).toHaveLength(1);
    expect(isDone).toBe(false);
  });

  test("is not sent again where it is of an exchange, which begins anew", async () => {
    const node = nodeBehind();
    const request: Request = { type: "copy", ring: BEFORE.stamp, key: KEPT };
    expect(await node.outcomeOf(request)).toEqual(STALE);
    expect(node.sent).toHaveLength(1);
  });
});

test("a write to another node goes by that one's ring, whoever owns the key", async () => {
  const node = nodeBehind();
  const request: Request = {
    type: "forward",
    ring: BEFORE.stamp,
    key: MOVED,
    context: utf8Bytes(""),
    payload: utf8Bytes(""),
    w: 0,
    budgetMs: 100,
    strict: false,
  };
  expect(await node.outcomeOf(request)).toEqual(STORED);
  expect(node.sent).toHaveLength(2);
});
