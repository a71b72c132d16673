import { expect } from "vitest";
import type { NodeId } from "../../base/ids.ts";
import { nodeId } from "../../base/ids.ts";
import { versioningFor } from "../../causality/versioning-for.ts";
import type { Environment } from "../../env/environment.ts";
import { ManualClock } from "../../env/testing/manual-clock.ts";
import { quietEnvironment } from "../../env/testing/quiet-environment.ts";
import { eventLoopTurn } from "../../platform/testing/event-loop-turn.ts";
import { Life } from "../../replica/life.ts";
import { Replica } from "../../replica/replica.ts";
import { openReplica } from "../../replica/testing/replica-world.ts";
import { createRing } from "../../ring/partition-table.ts";
import type { Ring } from "../../ring/ring.ts";
import type { Outcome, PeerCalls } from "../../rpc/contract.ts";
import type { Engine } from "../../storage/engine.ts";
import { MemoryEngine } from "../../storage/memory-engine.ts";
import { HintDelivery } from "../hint-delivery.ts";

const dvvset = versioningFor("dvvset");
export const [SELF, A, B, C, GONE] = ["self", "a", "b", "c", "gone"].map(nodeId) as [
  NodeId,
  NodeId,
  NodeId,
  NodeId,
  NodeId,
];
export const RING = createRing({ clusterId: "test", nodes: [SELF, A, B, C], partitionCount: 16 });
/** As it was before a node left. */
export const RING_BEFORE = createRing({
  clusterId: "test",
  nodes: [SELF, A, B, C, GONE],
  partitionCount: 16,
});
export const N = 3;
export const SCAN_MS = 100;
/** At 16 hints a second to one owner, three nodes sending. */
export const SLOW = 3 * 16 * 4_096;
const PUT: Outcome = { kind: "reply", reply: { type: "put-reply" } };

interface Sent {
  readonly to: NodeId;
  readonly key: string;
  readonly atMs: number;
}

export async function deliveryWorld({
  bytesPerSecond = 1e9,
  engine = new MemoryEngine(),
  isSilenced = (): boolean => false,
} = {}) {
  const clock = new ManualClock();
  const env = { ...quietEnvironment(clock), transport: { connect: refuse, listen: refuse } };
  const replica = await openOn(engine, RING, env);
  const sent: Sent[] = [];
  const down = new Set<NodeId>();
  const outcomes = new Map<NodeId, Outcome>();
  const outcomesOfKeys = new Map<string, Outcome>();
  const calls: PeerCalls = {
    call: (to, request, _timeoutMs, done) => {
      if (request.type !== "put") throw new Error(`Cannot serve ${request.type}`);
      expect(request.hintFor).toBeUndefined();
      const key = Buffer.from(request.key).toString();
      sent.push({ to, key, atMs: clock.monotonicMs() });
      clock.defer(() => done(outcomesOfKeys.get(key) ?? outcomes.get(to) ?? PUT));
      return { cancel: refuse };
    },
  };
  const detector = {
    isUp: (peer: NodeId) => !down.has(peer),
    answered: refuse,
    missed: refuse,
    overdue: refuse,
    leaves: refuse,
    suspected: refuse,
  };
  const delivery = new HintDelivery(
    env,
    { nodeId: SELF, hints: replica.hints, replica, calls, detector, ring: () => RING, isSilenced },
    { n: N, scanMs: SCAN_MS, callTimeoutMs: 50, backOffMaxMs: 10 * SCAN_MS, bytesPerSecond },
  );
  /** Lets time pass, and the reactions of promises run after each millisecond. */
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 1) {
      await eventLoopTurn();
      clock.advance(1);
    }
    await eventLoopTurn();
  };
  return {
    ...env,
    clock,
    replica,
    delivery,
    sent,
    down,
    outcomes,
    /** What becomes of a key's put, whoever gets it. */
    outcomesOfKeys,
    pass,
    /** Stops delivery, whatever is under way. */
    stop: async () => {
      const stopping = delivery.stop();
      await pass(10);
      await stopping;
    },
    keep: async (owner: NodeId, keys: readonly string[]) => {
      for (const key of keys) await replica.store(Buffer.from(key), await RECORD, owner);
    },
  };
}

export async function openOn(engine: Engine, ring: Ring, env: Environment): Promise<Replica> {
  const life = await Life.begin(env, { engine: new MemoryEngine(), nodeId: SELF });
  return Replica.open(env, {
    engine,
    versioning: dvvset,
    ring: () => ring,
    nodeId: SELF,
    life,
  });
}

export const RECORD = (async () => {
  const replica = await openReplica(new MemoryEngine(), dvvset);
  return (await replica.mint(Buffer.from("k"), new Map(), Buffer.from("v"), undefined)).record;
})();

function refuse(): never {
  throw new Error("Nobody asks for this here");
}

/** Keys of which the node is among the first N; `isOwner` false: is not. */
export function keysOf(owner: NodeId, count: number, isOwner = true): string[] {
  const keys = Array.from({ length: 1_000 }, (_, at) => `key ${at}`);
  return keys.filter((key) => primariesOf(key).includes(owner) === isOwner).slice(0, count);
}

export function primariesOf(key: string): readonly NodeId[] {
  return RING.preferenceList(Buffer.from(key)).slice(0, N);
}
