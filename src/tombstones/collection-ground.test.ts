/*
 * Aim: what was agreed on about a tombstone holds only while the members are those that were asked (D-4.1-8, K-12). Method: a collector over one
 * tombstone, peers that agree at once, and a ground that a test takes away.
 */
import { afterEach, beforeEach, expect, test } from "vitest";
import { utf8Bytes } from "../base/bytes.ts";
import { nodeId } from "../base/ids.ts";
import { ManualClock } from "../env/testing/manual-clock.ts";
import { quietEnvironment } from "../env/testing/quiet-environment.ts";
import { eventLoopTurn } from "../platform/testing/event-loop-turn.ts";
import { createRing } from "../ring/partition-table.ts";
import { TombstoneCollector } from "./tombstone-collector.ts";

const GRACE_MS = 1_000;
const N = 3;
const KEY = utf8Bytes("cart");
const RING = createRing({
  clusterId: "ground",
  nodes: ["a", "b", "c", "d"].map(nodeId),
  partitionCount: 8,
});
const NODES = RING.preferenceList(KEY);
const TOMBSTONE = { key: KEY, record: utf8Bytes("record"), digest: new Uint8Array(16) };

let clock: ManualClock;
let ground: object | undefined;
let removals: number;
let onAsked: () => void;
let collector: TombstoneCollector;

beforeEach(() => {
  clock = new ManualClock();
  ground = {};
  removals = 0;
  onAsked = () => {};
  const remove = async (): Promise<"same"> => {
    removals += 1;
    return "same";
  };
  collector = new TombstoneCollector(
    { ...quietEnvironment(clock), transport: { connect: refuse, listen: refuse } },
    {
      nodeId: NODES[0] ?? nodeId("a"),
      rows: {
        scan: async () => ({ tombstones: removals === 0 ? [TOMBSTONE] : [], after: undefined }),
        holding: async () => "same",
        remove,
      },
      calls: {
        call: (to, request, _timeoutMs, done) => {
          const isPrimary = NODES.slice(0, N).includes(to);
          if (request.type !== "tombstone") throw new Error(`Cannot serve ${request.type}`);
          if (!request.remove) onAsked();
          const holding = isPrimary ? "same" : "none";
          return clock.setTimer(0, () =>
            done({ kind: "reply", reply: { type: "tombstone-reply", holding } }),
          );
        },
      },
      detector: {
        isUp: () => true,
        answered: refuse,
        missed: refuse,
        overdue: refuse,
        leaves: refuse,
        suspected: refuse,
      },
      ring: () => RING,
      ground: () => ground,
    },
    { n: N, graceMs: GRACE_MS, callTimeoutMs: 100 },
  );
  collector.start();
});

afterEach(async () => {
  const stopping = collector.stop();
  await pass(50);
  await stopping;
});

async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 1) {
    await eventLoopTurn();
    clock.advance(1);
  }
  await eventLoopTurn();
}

function refuse(): never {
  throw new Error("Nobody asks for this here");
}

test("a tombstone goes a grace after all agreed, while the ground is one", async () => {
  await pass(GRACE_MS);
  expect(removals).toBe(0);
  await pass(GRACE_MS);
  expect(removals).toBe(1);
});

test("where the ground is another one meanwhile, the grace begins anew", async () => {
  await pass(0.9 * GRACE_MS);
  ground = {};
  await pass(GRACE_MS);
  expect(removals).toBe(0);
  await pass(GRACE_MS);
  expect(removals).toBe(1);
});

test("where the ground goes while the last are being asked, nothing is removed", async () => {
  await pass(0.9 * GRACE_MS);
  let asked = 0;
  onAsked = () => {
    asked += 1;
    ground = undefined;
  };
  await pass(3 * GRACE_MS);
  expect([asked > 0, removals]).toEqual([true, 0]);
});

test("nobody is asked while there is no ground", async () => {
  ground = undefined;
  let asked = 0;
  onAsked = () => {
    asked += 1;
  };
  await pass(3 * GRACE_MS);
  expect([asked, removals]).toEqual([0, 0]);
});
