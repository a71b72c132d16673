/*
 * Aim: when a lost range goes, step by step. Method: the real parts of one node that owns nothing, and as its peers three replicas in the same process
 * that answer at once; between two steps a test does what would be a race elsewhere.
 */
import { afterEach, describe, expect, test } from "vitest";
import type { NodeId } from "../base/ids.ts";
import { nodeId } from "../base/ids.ts";
import { versioningFor } from "../causality/versioning-for.ts";
import { ManualClock } from "../env/testing/manual-clock.ts";
import { quietEnvironment } from "../env/testing/quiet-environment.ts";
import { eventLoopTurn } from "../platform/testing/event-loop-turn.ts";
import type { Reply, Request } from "../protocol/messages.ts";
import { Life } from "../replica/life.ts";
import { Replica } from "../replica/replica.ts";
import { createRing } from "../ring/partition-table.ts";
import type { Ring } from "../ring/ring.ts";
import { ringUnderChange } from "../ring/ring-under-change.ts";
import type { Entry, ScanOptions, TableName } from "../storage/engine.ts";
import { MemoryEngine } from "../storage/memory-engine.ts";
import { KeptEngine } from "../storage/testing/kept-engine.ts";
import { answerTree } from "./answer-tree.ts";
import { LostRanges } from "./lost-ranges.ts";
import { SharedTrees } from "./shared-trees.ts";

const SELF = nodeId("left");
const PEERS = ["a", "b", "c", "d"].map(nodeId);
const N = 3;
const EVERY_MS = 1_000;
const RING = createRing({ clusterId: "lost", nodes: PEERS, partitionCount: 4 });
const OTHER = createRing({ clusterId: "lost", nodes: PEERS.slice(1), partitionCount: 4 });
const VERSIONING = versioningFor("dvvset");
const KEY = Buffer.from("cart");
const OWNERS = RING.preferenceList(KEY).slice(0, N);
const [STRANGER] = RING.preferenceList(KEY).slice(N) as [NodeId];

class WatchedEngine extends KeptEngine {
  onScan: () => void = () => {};

  override scan(table: TableName, options: ScanOptions): Promise<readonly Entry[]> {
    this.onScan();
    return super.scan(table, options);
  }
}

class LostWorld {
  readonly clock = new ManualClock();
  readonly env = {
    ...quietEnvironment(this.clock),
    transport: { connect: refuse, listen: refuse },
  };
  readonly engine = new WatchedEngine();
  readonly replicas = new Map<NodeId, Replica>();
  readonly asked: { readonly to: NodeId; readonly type: Request["type"] }[] = [];
  readonly down = new Set<NodeId>();
  ring: Ring = RING;
  isSilenced = false;
  isIdle = true;
  emptiedCount = 0;
  /** Done before a peer takes a request. */
  before: (to: NodeId, request: Request) => Promise<void> = async () => {};
  /** Whose answers are lost. */
  readonly mute = new Set<NodeId>();
  /** Writes that a peer takes at once; it refuses more. */
  placesMax = Number.POSITIVE_INFINITY;
  readonly #placesTaken = new Map<NodeId, number>();
  #lost: LostRanges | undefined;

  static async start({ isDamaged = false, keys = [KEY] } = {}): Promise<LostWorld> {
    const world = new LostWorld();
    for (const node of [SELF, ...PEERS]) {
      const engine = node === SELF ? world.engine : new MemoryEngine();
      const life = await Life.begin(world.env, { engine: new MemoryEngine(), nodeId: node });
      const ring = () => world.ring;
      const parts = { engine, versioning: VERSIONING, ring, nodeId: node, life };
      world.replicas.set(node, await Replica.open(world.env, parts));
    }
    for (const key of keys) {
      const value = Buffer.from("value");
      await (await world.at(SELF).mint(key, new Map(), value, undefined)).stored;
    }
    if (isDamaged) await world.engine.damage("records");
    for (const replica of world.replicas.values()) replica.trees.start({ verifyMs: 0 });
    await world.pass(10);
    return world;
  }

  at(node: NodeId): Replica {
    const replica = this.replicas.get(node);
    if (replica === undefined) throw new Error(`Cannot find ${node}`);
    return replica;
  }

  run(everyMs = EVERY_MS): void {
    const replica = this.at(SELF);
    const lost = new LostRanges(
      this.env,
      {
        nodeId: SELF,
        copies: replica,
        rows: replica.lost,
        shared: this.#treesOf(SELF),
        calls: {
          call: (to, request, _timeoutMs, done) => {
            this.asked.push({ to, type: request.type });
            this.#answer(to, request).then((reply) => {
              if (this.mute.has(to)) done({ kind: "timeout" });
              else done({ kind: "reply", reply });
            });
            return { cancel: refuse };
          },
        },
        detector: {
          isUp: (peer) => !this.down.has(peer),
          answered: refuse,
          missed: refuse,
          overdue: refuse,
          leaves: refuse,
          suspected: refuse,
        },
        ring: () => this.ring,
        isSilenced: () => this.isSilenced,
        owesEmptied: () => this.emptiedCount === 0,
        isIdle: () => this.isIdle,
        onEmptied: () => {
          this.emptiedCount += 1;
        },
      },
      { n: N, everyMs, callTimeoutMs: 100, keysPerSecond: 1_000, bytesPerSecond: 1e6 },
    );
    this.#lost = lost;
    lost.start();
  }

  async stop(): Promise<void> {
    const stopping = this.#lost?.stop();
    await this.pass(10);
    await stopping;
  }

  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 1) {
      await eventLoopTurn();
      this.clock.advance(1);
    }
    await eventLoopTurn();
  }

  async holders(): Promise<readonly NodeId[]> {
    const held = await Promise.all(
      [...this.replicas].map(async ([node, replica]) =>
        (await replica.own(KEY)) === undefined ? [] : [node],
      ),
    );
    return held.flat().sort();
  }

  #treesOf(node: NodeId): SharedTrees {
    return new SharedTrees({
      nodeId: node,
      trees: this.at(node).trees,
      ring: () => this.ring,
      n: N,
    });
  }

  async #answer(to: NodeId, request: Request): Promise<Reply> {
    await this.before(to, request);
    if (!("ring" in request) || request.ring.digest !== this.ring.stamp.digest) {
      return { type: "error-reply", code: "stale-ring", message: "Cannot serve" };
    }
    if (request.type === "tree") {
      const parts = { shared: this.#treesOf(to), copies: this.at(to) };
      return answerTree(this.env, parts, { from: SELF, request });
    }
    if (request.type !== "put") throw new Error(`Cannot serve ${request.type}`);
    expect([request.hintFor, request.durable]).toEqual([undefined, true]);
    const taken = this.#placesTaken.get(to) ?? 0;
    if (taken >= this.placesMax) {
      return { type: "error-reply", code: "overloaded", message: "No place" };
    }
    this.#placesTaken.set(to, taken + 1);
    try {
      await eventLoopTurn();
      await this.at(to).store(request.key, request.record, undefined);
    } finally {
      this.#placesTaken.set(to, (this.#placesTaken.get(to) ?? 0) - 1);
    }
    return { type: "put-reply" };
  }
}

function refuse(): never {
  throw new Error("Nobody asks for this here");
}

let world: LostWorld;
afterEach(() => world.stop());

describe("a lost range", () => {
  test("goes once each owner has it and every member goes by the ring, and only then is the node empty", async () => {
    world = await LostWorld.start();
    world.run();
    await world.pass(3 * EVERY_MS);
    expect(await world.holders()).toEqual([...OWNERS].sort());
    expect(world.asked.filter(({ type }) => type === "put").map(({ to }) => to)).toEqual(OWNERS);
    expect(world.asked.filter(({ to }) => to === STRANGER)).toHaveLength(1);
    expect(world.emptiedCount).toBe(1);
  });

  test.each(["owner", "other member"])(
    "stays while one %s is away, and comes to all others meanwhile",
    async (who) => {
      world = await LostWorld.start();
      const away = who === "owner" ? (OWNERS[2] as NodeId) : STRANGER;
      world.mute.add(away);
      if (who === "owner") world.down.add(away);
      world.run();
      await world.pass(20 * EVERY_MS);
      expect(await world.holders()).toEqual(
        [SELF, ...OWNERS].filter((node) => !world.down.has(node)).sort(),
      );
      expect(world.emptiedCount).toBe(0);
      world.mute.clear();
      world.down.clear();
      await world.pass(20 * EVERY_MS);
      expect(await world.holders()).toEqual([...OWNERS].sort());
    },
  );

  test("of many rows goes in one turn to owners that have place for one write at a time", async () => {
    world = await LostWorld.start({
      keys: Array.from({ length: 60 }, (_, number) => Buffer.from(`cart ${number}`)),
    });
    world.placesMax = 1;
    world.run();
    await world.pass(3 * EVERY_MS);
    expect([await world.engine.count("records"), world.emptiedCount]).toEqual([0, 1]);
  });

  test("waits for an owner that has no place at all, and comes to the others", async () => {
    world = await LostWorld.start();
    const full = OWNERS[0] as NodeId;
    world.before = async (to) => {
      world.placesMax = to === full ? 0 : 1;
    };
    world.run();
    await world.pass(3 * EVERY_MS);
    expect(await world.holders()).toEqual([SELF, ...OWNERS.slice(1)].sort());
    world.before = async () => {
      world.placesMax = 1;
    };
    await world.pass(30 * EVERY_MS);
    expect(await world.holders()).toEqual([...OWNERS].sort());
  });

  test("whose row changes after the first owner has it is handed over again", async () => {
    world = await LostWorld.start();
    let isChanged = false;
    world.before = async (to, { type }) => {
      if (to !== OWNERS[2] || type !== "put" || isChanged) return;
      isChanged = true;
      const record = (await world.at(SELF).own(KEY)) as Uint8Array;
      const { clock } = VERSIONING.decode(record);
      await (await world.at(SELF).mint(KEY, clock, Buffer.from("newer"), undefined)).stored;
    };
    world.run();
    await world.pass(30 * EVERY_MS);
    expect(isChanged).toBe(true);
    expect(await world.holders()).toEqual([...OWNERS].sort());
    for (const owner of OWNERS) {
      const { payloads } = VERSIONING.decode((await world.at(owner).own(KEY)) as Uint8Array);
      expect(payloads.map((bytes) => Buffer.from(bytes).toString())).toEqual(["newer"]);
    }
  });

  test("stays where the ring changes before the last owner has it, and begins anew by the next ring", async () => {
    world = await LostWorld.start();
    world.before = async (to, { type }) => {
      if (to !== OWNERS[2] || type !== "put" || world.ring === OTHER) return;
      world.ring = OTHER;
      // By the next ring nothing goes for now.
      for (const peer of PEERS) world.down.add(peer);
    };
    world.run();
    await world.pass(20 * EVERY_MS);
    expect(world.ring).toBe(OTHER);
    expect(await world.holders()).toContain(SELF);
    world.down.clear();
    await world.pass(30 * EVERY_MS);
    const owners = OTHER.preferenceList(KEY).slice(0, N);
    expect(await world.holders()).toEqual(expect.arrayContaining([...owners]));
    expect(await world.holders()).not.toContain(SELF);
  });

  test("stays where the ring changes while its rows are looked up to go", async () => {
    world = await LostWorld.start();
    world.run();
    world.engine.onScan = () => {
      world.ring = OTHER;
      for (const peer of PEERS) world.down.add(peer);
    };
    await world.pass(20 * EVERY_MS);
    expect(world.ring).toBe(OTHER);
    expect(await world.holders()).toEqual([SELF, ...OWNERS].sort());
  });

  test("is left alone while a change is open, and by a node that others take for gone", async () => {
    world = await LostWorld.start();
    world.ring = ringUnderChange(RING, OTHER, { epoch: 1, digest: "00000000000000ff" });
    world.run();
    await world.pass(5 * EVERY_MS);
    world.ring = RING;
    world.isSilenced = true;
    await world.pass(5 * EVERY_MS);
    expect([world.asked, await world.holders()]).toEqual([[], [SELF]]);
    world.isSilenced = false;
    await world.pass(3 * EVERY_MS);
    expect(await world.holders()).not.toContain(SELF);
  });

  test("makes nobody empty who still keeps something for others", async () => {
    world = await LostWorld.start();
    world.isIdle = false;
    world.run();
    await world.pass(5 * EVERY_MS);
    expect([await world.holders(), world.emptiedCount]).toEqual([[...OWNERS].sort(), 0]);
    world.isIdle = true;
    await world.pass(2 * EVERY_MS);
    expect(world.emptiedCount).toBe(1);
  });

  test("that holds a damaged row alone, of which no leaf tells, goes as well, and the node is empty", async () => {
    world = await LostWorld.start({ isDamaged: true });
    world.run();
    await world.pass(5 * EVERY_MS);
    expect([await world.engine.count("records"), world.emptiedCount]).toEqual([0, 1]);
  });

  test("goes where its row was damaged after its leaf was made, and nothing of it is sent", async () => {
    world = await LostWorld.start();
    await world.engine.damage("records");
    world.run();
    await world.pass(5 * EVERY_MS);
    expect([await world.engine.count("records"), world.emptiedCount]).toEqual([0, 1]);
    expect(world.asked.filter(({ type }) => type === "put")).toEqual([]);
  });

  test("stays where exchanges are switched off", async () => {
    world = await LostWorld.start();
    world.run(0);
    await world.pass(5 * EVERY_MS);
    expect([await world.holders(), world.asked]).toEqual([[SELF], []]);
  });
});
