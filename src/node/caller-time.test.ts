/*
 * Aim: what a peer asked for and has given up is not done behind its back (K-11), however long it waited here: for the news of a change, for its stage, or for its key.
 * Method: the service of a node whose parts note what they are asked, on a clock that the test moves.
 */
import { describe, expect, test } from "vitest";
import { utf8Bytes } from "../base/bytes.ts";
import { nodeId } from "../base/ids.ts";
import { ManualClock } from "../env/testing/manual-clock.ts";
import { quietEnvironment } from "../env/testing/quiet-environment.ts";
import { eventLoopTurn } from "../platform/testing/event-loop-turn.ts";
import type { Reply, Request } from "../protocol/messages.ts";
import { createRing } from "../ring/partition-table.ts";
import type { Ring } from "../ring/ring.ts";
import { MemoryNetwork } from "../rpc/testing/memory-transport.ts";
import { Admission } from "./admission.ts";
import { parseConfiguration } from "./parse-configuration.ts";
import type { PeerServiceParts } from "./peer-service.ts";
import { peerService } from "./peer-service.ts";
import { createStages } from "./stages.ts";
import { WRITTEN_CONFIGURATION } from "./testing/written-configuration.ts";

const NODES = ["a", "b", "c"].map(nodeId);
const KEY = utf8Bytes("k");
const BEFORE = createRing({ clusterId: "test", nodes: NODES.slice(0, 2), partitionCount: 4 });
const AFTER = createRing({ clusterId: "test", nodes: NODES, partitionCount: 4 });
const POINT = "a peer's request waited until its caller had given it up";

/** A node that goes by the ring before, and takes `meetingMs` to hear of the next. */
function serviceOf({ meetingMs = 0 } = {}) {
  const clock = new ManualClock(0);
  const environment = { ...quietEnvironment(clock), transport: new MemoryNetwork(clock) };
  const configuration = parseConfiguration({ ...WRITTEN_CONFIGURATION, exchangeRequestsMax: 1 });
  const stages = createStages(environment, configuration);
  let ring: Ring = BEFORE;
  /** What was begun: the time that a write has, or the removal of a tombstone. */
  const begun: (number | "removal")[] = [];
  const parts = {
    replica: {
      tombstones: {
        holding: async () => "same",
        remove: async (_key: Uint8Array, _digest: Uint8Array, refuseLate: () => void) => {
          refuseLate();
          begun.push("removal");
          return "same";
        },
      },
    },
    coordinator: {
      put: async ({ timeoutMs }: { timeoutMs: number }) => {
        begun.push(timeoutMs);
        return { record: utf8Bytes("r") };
      },
    },
    admission: new Admission(environment, stages),
    stages,
    waitMaxMs: 5_000,
    ring: () => ring,
    meet: async () => {
      clock.advance(meetingMs);
      ring = AFTER;
    },
    isMember: () => true,
    ready: () => true,
    w: 2,
    // They need no other part of a node.
  } as unknown as PeerServiceParts;
  const handler = peerService(environment, parts);
  const replies: Reply[] = [];
  const ask = async (request: Request, deadlineMs?: number): Promise<void> => {
    handler(nodeId("b"), request, (reply) => replies.push(reply), deadlineMs);
    await eventLoopTurn();
  };
  const { assertions } = environment;
  return { clock, stages, begun, replies, ask, assertions };
}

function forwardOf(ring: Ring, budgetMs: number): Request {
  const [context, payload] = [utf8Bytes(""), utf8Bytes("")];
  return {
    type: "forward",
    ring: ring.stamp,
    key: KEY,
    context,
    payload,
    w: 0,
    budgetMs,
    strict: false,
  };
}

function tombstoneOf(remove: boolean): Request {
  return { type: "tombstone", ring: BEFORE.stamp, key: KEY, digest: new Uint8Array(16), remove };
}

describe("a forwarded write", () => {
  test("has what it says, or until its caller gives it up", async () => {
    const { ask, begun } = serviceOf();
    await ask(forwardOf(BEFORE, 100));
    await ask(forwardOf(BEFORE, 100), 70);
    expect(begun).toEqual([100, 70]);
  });

  test("has what is left once the news of a change has come", async () => {
    const { ask, begun, replies } = serviceOf({ meetingMs: 60 });
    await ask(forwardOf(AFTER, 100));
    expect(begun).toEqual([40]);
    expect(replies).toEqual([expect.objectContaining({ type: "forward-reply" })]);
  });

  test.each([undefined, 50])(
    "K-11 is refused, and not made, where nothing is",
    async (deadlineMs) => {
      const { ask, begun, replies, assertions } = serviceOf({ meetingMs: 60 });
      await ask(forwardOf(AFTER, deadlineMs === undefined ? 59 : 100), deadlineMs);
      expect(begun).toEqual([]);
      expect(replies).toEqual([expect.objectContaining({ code: "overloaded" })]);
      expect(assertions.countOf(POINT)).toBe(1);
    },
  );
});

describe("a tombstone", () => {
  test.each([
    { name: "in time is removed", remove: true, waitMs: 90, begun: ["removal"] },
    { name: "is not removed when nobody waits any more", remove: true, waitMs: 110, begun: [] },
    { name: "is told of all the same", remove: false, waitMs: 110, begun: [] },
  ])("that waited for its turn: one $name", async ({ remove, waitMs, begun }) => {
    const service = serviceOf();
    const { ask, stages, clock, replies, assertions } = service;
    expect(stages.exchanges.tryEnter()).toBe(true);
    await ask(tombstoneOf(remove), 100);
    clock.advance(waitMs);
    expect(replies).toEqual([]);
    stages.exchanges.leave();
    await eventLoopTurn();
    expect(service.begun).toEqual(begun);
    const isRefused = remove && begun.length === 0;
    expect(replies).toEqual([
      expect.objectContaining(isRefused ? { code: "overloaded" } : { holding: "same" }),
    ]);
    expect(assertions.countOf(POINT)).toBe(Number(isRefused));
  });
});
