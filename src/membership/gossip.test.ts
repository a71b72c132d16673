import { describe, expect, test } from "vitest";
import type { NodeId } from "../base/ids.ts";
import { nodeId } from "../base/ids.ts";
import { ManualClock } from "../env/testing/manual-clock.ts";
import { quietEnvironment } from "../env/testing/quiet-environment.ts";
import type { GossipReply, GossipRequest } from "../protocol/messages.ts";
import type { Outcome, PeerCalls } from "../rpc/contract.ts";
import { MemoryEngine } from "../storage/memory-engine.ts";
import { SlowEngine } from "../storage/testing/slow-engine.ts";
import type { Change } from "./change.ts";
import { issuerOf } from "./change.ts";
import { decodeChange, encodeChange } from "./change-codec.ts";
import { answerTo, Gossip } from "./gossip.ts";
import { History } from "./history.ts";
import { KeptHistory } from "./kept-history.ts";
import { lifeOf } from "./testing/change-arbitraries.ts";
import type { PeersOf } from "./testing/gossip-world.ts";
import { EVERY_MS, everybody, GossipWorld, nodeIds } from "./testing/gossip-world.ts";

const A = nodeId("a");
const B = nodeId("b");
const X = nodeId("x");
const LEAVE = { kind: "leave", node: X } as const;

function join(id: NodeId): Change["what"] {
  return { kind: "join", member: { id, address: `${id}:1` } };
}

/** So many changes of one issuer. */
function changesOf(count: number, node = A): readonly Change[] {
  const issuer = issuerOf(node, lifeOf(200));
  return Array.from({ length: count }, (_, at) => {
    return { issuer, number: at + 1, time: at + 1, what: LEAVE };
  });
}

function asGossiped(changes: readonly Change[]) {
  const history = new History();
  history.add(changes);
  const { digest, vector } = history;
  const missingFor = (known: ReadonlyMap<string, number>) =>
    history.missingFor(known).map(encodeChange);
  return { digest, vector, missingFor };
}

describe("answerTo()", () => {
  const three = asGossiped(changesOf(3));
  const two = asGossiped(changesOf(2));

  test("says nothing to who has the same", () => {
    const nothing = { type: "gossip-reply", vector: undefined, changes: [] };
    expect(answerTo(three, { digest: three.digest, vector: undefined })).toEqual(nothing);
    expect(answerTo(three, three)).toEqual(nothing);
  });

  test("tells its vector to who has something else and has not told its own", () => {
    expect(answerTo(three, { digest: two.digest, vector: undefined })).toEqual({
      type: "gossip-reply",
      vector: three.vector,
      changes: [],
    });
  });

  test("gives what is missing, or nothing where it is itself behind", () => {
    const { changes } = answerTo(three, two);
    expect(changes.map(decodeChange)).toEqual(changesOf(3).slice(2));
    expect(answerTo(two, three).changes).toEqual([]);
  });

  test("gives no more than a message takes, the first of it", () => {
    const many = asGossiped(changesOf(5_000));
    const { changes } = answerTo(many, { digest: two.digest, vector: new Map() });
    expect(changes.length).toBeLessThan(5_000);
    expect(changes.map(decodeChange)).toEqual(changesOf(changes.length));
    const sizeBytes = changes.reduce((sum, { length }) => sum + length + 1, 0);
    expect(sizeBytes).toBeLessThanOrEqual(65_536);
    expect(sizeBytes).toBeGreaterThan(65_000);
  });
});

describe("a round", () => {
  test("brings both what either has, stored, and the next one only compares digests", async () => {
    const world = new GossipWorld();
    const one = await world.start(A, everybody([A, B]));
    const other = await world.start(B, everybody([A, B]));
    await one.history.issue(join(X));
    await other.history.issue(LEAVE);
    await world.roundsUntil(() => world.haveAll(2), 2);
    expect(one.history.digest).toEqual(other.history.digest);
    for (const { engine } of [one, other]) expect(await engine.count("membership")).toBe(2);
    const sizes: number[] = [];
    world.onMessage = (_message, sizeBytes) => sizes.push(sizeBytes);
    await world.pass(2 * EVERY_MS);
    expect(sizes.length).toBeGreaterThan(0);
    expect(new Set(sizes)).toEqual(new Set([26, 14]));
  });

  test("D-4.8.3-3 carries vectors and changes, and no word of who is up or down", async () => {
    const world = new GossipWorld();
    const ids = nodeIds(4);
    for (const id of ids) await world.start(id, everybody(ids));
    const [first, second, silent] = [...world.nodes.values()];
    const fields = new Map<string, Set<string>>();
    const addFields = (kind: string, value: object) => {
      const known = fields.get(kind) ?? new Set();
      for (const name of Object.keys(value)) known.add(name);
      fields.set(kind, known);
    };
    world.onMessage = (message) => {
      addFields(message.type, message);
      if (message.type !== "gossip" && message.type !== "gossip-reply") return;
      for (const change of message.changes.map(decodeChange)) {
        addFields("change", change);
        addFields(change.what.kind, change.what);
      }
    };
    const joined = await first?.history.issue(join(X));
    const change = `${joined?.issuer}/${joined?.number}` as Parameters<typeof withdraw>[0];
    await second?.history.merge(first?.history.missingFor(new Map()) ?? []);
    await second?.history.issue(LEAVE);
    await second?.history.issue(withdraw(change));
    await second?.history.issue({ kind: "received", change, digest: "0".repeat(16), node: X });
    if (silent !== undefined) world.silence(silent.id);
    await world.pass(10 * EVERY_MS);
    const names = Object.fromEntries([...fields].map(([kind, each]) => [kind, [...each].sort()]));
    expect(names).toEqual({
      gossip: ["changes", "digest", "type", "vector"],
      "gossip-reply": ["changes", "type", "vector"],
      change: ["issuer", "number", "time", "what"],
      join: ["kind", "member"],
      leave: ["kind", "node"],
      withdraw: ["change", "kind"],
      received: ["change", "digest", "kind", "node"],
    });
  });

  test("brings a history of thousands in messages of bounded size, the rest with the next rounds", async () => {
    const world = new GossipWorld();
    const one = await world.start(A, everybody([A, B]));
    await one.history.merge(changesOf(6_000, X).map(encodeChange));
    const other = await world.start(B, everybody([A, B]));
    const sizes: number[] = [];
    world.onMessage = (_message, sizeBytes) => sizes.push(sizeBytes);
    const rounds = await world.roundsUntil(() => world.haveAll(6_000), 5);
    expect(Math.max(...sizes)).toBeLessThan(65_536 + 100);
    expect(sizes.filter((sizeBytes) => sizeBytes > 60_000).length).toBeGreaterThan(1);
    expect(rounds).toBeGreaterThan(0.5);
    expect(other.history.inOrder()).toEqual(one.history.inOrder());
  });

  test("D-4.8.1-4 draws each peer about as often as any other", async () => {
    const world = new GossipWorld();
    const ids = nodeIds(5);
    const drawn = new Map<NodeId, number>();
    const clock = new ManualClock();
    const env = quietEnvironment(clock);
    const calls: PeerCalls = {
      call: (peer, _request, _timeoutMs, done) => {
        drawn.set(peer, (drawn.get(peer) ?? 0) + 1);
        return clock.setTimer(0, () => done({ kind: "timeout" }));
      },
    };
    const { history } = await world.start(A, () => []);
    const gossip = new Gossip(env, { history, calls, peers: () => ids }, OPTIONS);
    gossip.start();
    for (let round = 0; round < 500; round += 1) {
      clock.advance(EVERY_MS);
      for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
    }
    for (const id of ids) expect(drawn.get(id)).toBeGreaterThan(70);
    expect([...drawn.values()].reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(501);
    await gossip.stop();
  });

  test("tells of a peer whose history differs under the same numbers", async () => {
    const world = new GossipWorld();
    const one = await world.start(A, everybody([A, B]));
    const other = await world.start(B, everybody([A, B]));
    const [change] = changesOf(1, X);
    if (change === undefined) throw new Error("Cannot test without a change");
    await one.history.merge([encodeChange(change)]);
    await other.history.merge([encodeChange({ ...change, what: join(X) })]);
    await world.pass(3 * EVERY_MS);
    for (const { env, history } of [one, other]) {
      expect(env.metrics.valueOf("ringside_gossip_conflicts_total")).toBeGreaterThan(0);
      expect(history.size).toBe(1);
    }
  });
});

const OPTIONS = { everyMs: EVERY_MS, callTimeoutMs: 300 };

describe("Gossip", () => {
  test("acknowledges what it was sent once that is stored", async () => {
    const engine = new SlowEngine();
    const { gossip, history } = await aloneWith(engine);
    const request = gossipOf(changesOf(1, B));
    let reply: GossipReply | undefined;
    const answered = gossip.answer(request).then((it) => {
      reply = it;
    });
    while (engine.waiting === 0) await Promise.resolve();
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    expect([reply, history.size]).toEqual([undefined, 0]);
    await engine.finishOne("stored");
    await answered;
    expect(history.size).toBe(1);
  });

  test("stop() gives up the call under way, waits for what is being stored, and calls nobody again", async () => {
    const engine = new SlowEngine();
    const { clock, gossip, asked } = await aloneWith(engine);
    gossip.start();
    clock.advance(EVERY_MS);
    expect(asked).toHaveLength(1);
    const answered = gossip.answer(gossipOf(changesOf(1, B)));
    while (engine.waiting === 0) await Promise.resolve();
    let hasStopped = false;
    const stopped = gossip.stop().then(() => {
      hasStopped = true;
    });
    for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
    expect(hasStopped).toBe(false);
    await engine.finishOne("stored");
    await Promise.all([stopped, answered]);
    clock.advance(10 * EVERY_MS);
    expect(asked).toHaveLength(1);
    expect(clock.timerCount).toBe(0);
  });

  test.each<[string, Outcome]>([
    ["that speaks no gossip", { kind: "not-sent", reason: "protocol 3", isOurFault: true }],
    ["that is silent", { kind: "timeout" }],
    [
      "that refuses",
      { kind: "reply", reply: { type: "error-reply", code: "bad-request", message: "" } },
    ],
    [
      "that sends garbage",
      {
        kind: "reply",
        reply: { type: "gossip-reply", vector: new Map(), changes: [Buffer.from("?")] },
      },
    ],
  ])("goes on after a peer %s", async (_name, outcome) => {
    const { clock, gossip, asked, env, history } = await aloneWith(new SlowEngine({ auto: true }));
    gossip.start();
    for (let round = 1; round <= 3; round += 1) {
      clock.advance(EVERY_MS);
      while (asked.length > 0) {
        asked.shift()?.(outcome);
        for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
      }
    }
    expect(
      env.metrics.valueOf("ringside_gossip_rounds_total", { outcome: "failed" }),
    ).toBeGreaterThanOrEqual(2);
    expect(history.size).toBe(0);
    await gossip.stop();
  });

  test("has one round at a time, however long it takes", async () => {
    const { clock, gossip, asked } = await aloneWith(new SlowEngine());
    gossip.start();
    clock.advance(20 * EVERY_MS);
    expect(asked).toHaveLength(1);
    await gossip.stop();
  });
});

test("what a full disk refused comes again", async () => {
  const world = new GossipWorld();
  const one = await world.start(A, everybody([A, B]));
  const other = await world.start(B, everybody([A, B]));
  await one.history.issue(join(X));
  other.engine.failNext();
  await world.roundsUntil(() => world.haveAll(1), 4);
  expect(await other.engine.count("membership")).toBe(1);
});

/** Whoever it has heard of, by its history, and seeds. */
function knownOf(seeds: readonly NodeId[]): PeersOf {
  return (node, history) => {
    const known = new Set(seeds);
    for (const { what } of history.inOrder()) {
      if (what.kind === "join") known.add(what.member.id);
    }
    known.delete(node);
    return [...known];
  };
}

describe("two groups that never met", () => {
  const ids = nodeIds(10);
  const groups = [ids.slice(0, 5), ids.slice(5)];

  /** Each group is told at its first node who is in it. */
  async function twoGroups(seeds: readonly NodeId[]): Promise<GossipWorld> {
    const world = new GossipWorld();
    for (const id of ids) await world.start(id, knownOf(seeds));
    for (const group of groups) {
      const first = world.nodes.get(group[0] as NodeId);
      for (const id of group) await first?.history.issue(join(id));
    }
    return world;
  }

  test("D-4.8.2-1 stay apart without a seed", async () => {
    const world = await twoGroups([]);
    await world.pass(30 * EVERY_MS);
    for (const { history } of world.nodes.values()) {
      expect(history.vector.size).toBeLessThanOrEqual(1);
    }
  });

  test("D-4.8.2-1 merge with one that both know, which may die thereafter", async () => {
    const seed = ids[9] as NodeId;
    const world = await twoGroups([seed]);
    expect(await world.roundsUntil(() => world.haveAll(10))).toBeLessThan(12);
    world.silence(seed);
    await world.nodes.get(ids[0] as NodeId)?.history.issue({ kind: "leave", node: seed });
    await world.stop(seed);
    expect(await world.roundsUntil(() => world.haveAll(11))).toBeLessThan(12);
  });
});

test("D-4.8.1-3 join, leave and join again survive a restart of all nodes", async () => {
  const world = new GossipWorld();
  const ids = nodeIds(5);
  for (const id of ids) await world.start(id, everybody(ids));
  const [first, second, third] = [...world.nodes.values()];
  for (const [at, node] of [first, second, third].entries()) {
    await node?.history.issue(at === 1 ? LEAVE : join(X));
    await world.roundsUntil(() => world.haveAll(at + 1));
  }
  for (const id of ids) await world.stop(id);
  for (const id of ids) await world.start(id, everybody(ids));
  for (const { history } of world.nodes.values()) {
    expect(history.inOrder().map(({ what }) => what)).toEqual([join(X), LEAVE, join(X)]);
  }
});

function withdraw(change: Extract<Change["what"], { kind: "withdraw" }>["change"]) {
  return { kind: "withdraw", change } as const;
}

function gossipOf(changes: readonly Change[]): GossipRequest {
  const { digest, vector } = asGossiped(changes);
  return { type: "gossip", digest, vector, changes: changes.map(encodeChange) };
}

/** A node whose one peer answers when the test says so. */
async function aloneWith(engine: SlowEngine) {
  const clock = new ManualClock();
  const env = quietEnvironment(clock);
  const issuer = issuerOf(A, lifeOf(1));
  const history = await KeptHistory.open(env, { engine, issuer, onChange: () => {} });
  const asked: ((outcome: Outcome) => void)[] = [];
  const calls: PeerCalls = {
    call: (_peer, _request, _timeoutMs, done) => {
      asked.push(done);
      return { cancel: () => {} };
    },
  };
  const gossip = new Gossip(env, { history, calls, peers: () => [B] }, OPTIONS);
  return { clock, env, history, gossip, asked };
}

describe("a meeting", () => {
  /** A node and its peer, which has one change more; neither has begun to gossip by itself. */
  async function twoOfWhichOneIsBehind() {
    const clock = new ManualClock();
    const env = quietEnvironment(clock);
    const issuer = issuerOf(A, lifeOf(1));
    const parts = { engine: new MemoryEngine(), issuer, onChange: () => {} };
    const history = await KeptHistory.open(env, parts);
    const theirs = asGossiped(changesOf(1, B));
    const requests: GossipRequest[] = [];
    let isAway = false;
    const calls: PeerCalls = {
      call: (_peer, request, _timeoutMs, done) => {
        requests.push(request as GossipRequest);
        const reply = answerTo(theirs, request as GossipRequest);
        const outcome: Outcome = isAway ? { kind: "timeout" } : { kind: "reply", reply };
        return clock.setTimer(1, () => done(outcome));
      },
    };
    const gossip = new Gossip(env, { history, calls, peers: () => [B] }, OPTIONS);
    const drive = async (meetings: readonly Promise<void>[]) => {
      let isOver = false;
      Promise.all(meetings).then(() => {
        isOver = true;
      });
      for (let ms = 0; !isOver && ms < 100; ms += 1) {
        for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
        clock.advance(1);
      }
      expect(isOver).toBe(true);
    };
    const leave = () => {
      isAway = true;
    };
    return { clock, history, gossip, requests, drive, leave };
  }

  test("K-17 brings what the peer has at once, one for all who want it", async () => {
    const { gossip, history, requests, drive } = await twoOfWhichOneIsBehind();
    await drive([gossip.meet(B), gossip.meet(B), gossip.meet(B)]);
    expect(history.size).toBe(1);
    expect(requests).toHaveLength(2);
    await gossip.stop();
  });

  test("that brought nothing is not repeated for each request, but soon after", async () => {
    const { clock, gossip, requests, drive } = await twoOfWhichOneIsBehind();
    await drive([gossip.meet(B)]);
    await drive([gossip.meet(B)]);
    expect(requests).toHaveLength(3);
    for (let request = 0; request < 10; request += 1) await drive([gossip.meet(B)]);
    expect(requests).toHaveLength(3);
    clock.advance(100);
    await drive([gossip.meet(B)]);
    expect(requests).toHaveLength(4);
    await gossip.stop();
  });

  test("ends where the peer is silent, and with the node", async () => {
    const { gossip, history, drive, leave } = await twoOfWhichOneIsBehind();
    leave();
    await drive([gossip.meet(B)]);
    expect(history.size).toBe(0);
    const meeting = gossip.meet(X);
    await gossip.stop();
    await meeting;
    await gossip.meet(B);
  });
});
