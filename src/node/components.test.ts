/*
 * Aim: a node's three components, request coordination, membership with failure detection, and persistence, know each other by their
 * interfaces alone (paper 5). Method: each in turn is replaced by a fake that shares no code with it, and the other two, which
 * are the real ones, serve reads and writes with it.
 */

import { expect, test } from "vitest";
import { SharedTrees } from "../anti-entropy/shared-trees.ts";
import { utf8Bytes } from "../base/bytes.ts";
import type { NodeId } from "../base/ids.ts";
import { nodeId } from "../base/ids.ts";
import { macKeyOf } from "../causality/context-token.ts";
import { versioningFor } from "../causality/versioning-for.ts";
import type { WriteOrder } from "../coordinator/coordinator.ts";
import { Coordinator } from "../coordinator/coordinator.ts";
import { coordinatorInstruments } from "../coordinator/instruments.ts";
import { LiveRequests } from "../coordinator/live-requests.ts";
import { ManualClock } from "../env/testing/manual-clock.ts";
import { quietEnvironment } from "../env/testing/quiet-environment.ts";
import { ClusterWorld } from "../http/testing/cluster-world.ts";
import type { Detector } from "../membership/failure-detector.ts";
import { FailureDetector } from "../membership/failure-detector.ts";
import { ObservedCalls } from "../membership/observed-calls.ts";
import type { Reply, Request } from "../protocol/messages.ts";
import { decodePayload, encodePayload } from "../protocol/payload.ts";
import { Life } from "../replica/life.ts";
import { Replica } from "../replica/replica.ts";
import { createRing } from "../ring/partition-table.ts";
import type { Ring } from "../ring/ring.ts";
import type { PeerCalls, RequestHandler } from "../rpc/contract.ts";
import { MemoryNetwork } from "../rpc/testing/memory-transport.ts";
import type { Engine, ScanOptions, TableName, Write } from "../storage/engine.ts";
import { StorageError } from "../storage/engine.ts";
import { MemoryEngine } from "../storage/memory-engine.ts";
import { Admission } from "./admission.ts";
import { parseConfiguration } from "./parse-configuration.ts";
import { peerService } from "./peer-service.ts";
import { createStages } from "./stages.ts";
import { WRITTEN_CONFIGURATION } from "./testing/written-configuration.ts";

const NODES = ["a", "b", "c", "d", "e"].map(nodeId);
const [A, B, D] = [nodeId("a"), nodeId("b"), nodeId("d")];
const N = 3;
const KEY = utf8Bytes("k");
const dvvset = versioningFor("dvvset");

test("D-5-1 coordination and membership are content with any persistence", async () => {
  const world = new ClusterWorld(3);
  const engines = new Map(world.names.map((name) => [name, new ListEngine()]));
  for (const [name, engine] of engines) await world.startNode(name, engine);
  expect(await world.write("n1", "cart", "one")).toBe(204);
  expect(await world.write("n2", "cart", "two")).toBe(204);
  const read = await world.read("n3", "cart", "?r=3");
  expect(read.values).toEqual(["one", "two"]);
  expect(await world.write("n3", "cart", "both", read.context, "?w=3")).toBe(204);
  for (const [name, engine] of engines) {
    expect(await engine.count("records")).toBe(1);
    await world.drive(world.at(name).node.stop());
    expect(engine.isClosed).toBe(true);
  }
  for (const [name, { rows }] of engines) await world.startNode(name, new ListEngine(rows));
  expect((await world.read("n1", "cart", "?r=3")).values).toEqual(["both"]);
});

test("D-5-1 coordination and persistence are content with any membership and failure detection", async () => {
  const down = new Set([B]);
  const handlers = new Map<NodeId, RequestHandler>();
  const nodes = new Map<NodeId, Awaited<ReturnType<typeof openNode>>>();
  for (const self of NODES) {
    const parts = { ring: RING_BY_HAND, detector: believing(down), calls: direct(handlers, self) };
    const node = await openNode(self, parts);
    nodes.set(self, node);
    handlers.set(self, node.serve(node.coordinator));
  }
  await nodes.get(A)?.coordinator.put(orderOf("v"));
  // The list is a, b, c, d, e; b is down, so d keeps its copy.
  expect(await nodes.get(B)?.replica.read(KEY)).toBeUndefined();
  expect(nodes.get(D)?.replica.hints.countByOwner).toEqual(new Map([[B, 1]]));
  const read = await nodes.get(nodeId("e"))?.coordinator.get({
    key: KEY,
    r: N,
    quorum: "sloppy",
    notFound: "count",
    atLeast: new Map(),
    timeoutMs: 1_000,
  });
  expect(
    read?.siblings.payloads.map((each) => String(Buffer.from(decodePayload(each).bytes))),
  ).toEqual(["v"]);
  const way = (self: NodeId) => [
    ...(nodes.get(self)?.coordinator.writeCandidates({ ...orderOf("w"), quorum: "strict" }) ?? []),
  ];
  expect(way(B)).toContain(B);
  expect(way(A)).not.toContain(B);
});

test("D-5-1 membership and persistence are content with any coordination", async () => {
  const ring = createRing({ clusterId: "test", nodes: NODES, partitionCount: 8 });
  const handlers = new Map<NodeId, RequestHandler>();
  const environment = environmentOf();
  const options = { missesMax: 3, retryDownMs: 500, silenceMs: 100 };
  const detector = new FailureDetector(environment, { ping() {}, onUp() {} }, options);
  const calls = new ObservedCalls(direct(handlers, A), detector);
  const taken: WriteOrder[] = [];
  const coordinator = {
    async put(order: WriteOrder) {
      taken.push(order);
      return {
        record: utf8Bytes("by the fake"),
        siblings: dvvset.empty,
        stored: Promise.resolve(),
      };
    },
  };
  const node = await openNode(B, { ring, detector, calls });
  const ask = (request: Request) =>
    new Promise<Reply | string>((resolve) => {
      calls.call(B, request, 1_000, (outcome) =>
        resolve(outcome.kind === "reply" ? outcome.reply : outcome.kind),
      );
    });
  const forward: Request = {
    type: "forward",
    ring: ring.stamp,
    key: KEY,
    context: NO_CONTEXT,
    payload: payloadOf("v"),
    w: 0,
    budgetMs: 700,
    strict: true,
  };
  for (let miss = 0; miss < 3; miss += 1) expect(await ask(forward)).toBe("not-sent");
  expect(detector.suspected()).toEqual([B]);
  handlers.set(B, node.serve(coordinator));
  expect(await ask(forward)).toEqual({ type: "forward-reply", record: utf8Bytes("by the fake") });
  expect(detector.suspected()).toEqual([]);
  expect(taken).toMatchObject([{ key: KEY, w: 2, quorum: "strict", timeoutMs: 700 }]);
  // Before its mint, so for certain: the sender may ask another node.
  handlers.set(
    B,
    node.serve({ put: () => Promise.reject(new StorageError("Cannot read: the disk failed")) }),
  );
  expect(await ask(forward)).toMatchObject({ type: "error-reply", code: "overloaded" });
  // The fake stored nothing, and a replica's own work needs no coordinator.
  expect(await ask({ type: "get", ring: ring.stamp, key: KEY })).toEqual({
    type: "get-reply",
    record: undefined,
  });
});

/** Rows in an array: what an engine has to do, and no more. */
class ListEngine implements Engine {
  readonly name = "list";
  readonly synced = true;
  readonly ordered = true;
  readonly rows: { table: TableName; key: string; value: Uint8Array }[];
  isClosed = false;

  constructor(rows: ListEngine["rows"] = []) {
    this.rows = rows;
  }

  async get(table: TableName, key: Uint8Array) {
    return this.rows.find((row) => row.table === table && row.key === latin(key))?.value;
  }

  async write(writes: readonly Write[]) {
    for (const { table, key, value } of writes) {
      const at = this.rows.findIndex((row) => row.table === table && row.key === latin(key));
      if (at >= 0) this.rows.splice(at, 1);
      if (value !== undefined) this.rows.push({ table, key: latin(key), value });
    }
  }

  async scan(table: TableName, { prefix, after, limit }: ScanOptions) {
    const [start, last] = [latin(prefix), latin(after)];
    return this.rows
      .filter((row) => row.table === table && row.key.startsWith(start) && row.key > last)
      .sort((left, right) => (left.key < right.key ? -1 : 1))
      .slice(0, limit)
      .map(({ key, value }) => ({ key: new Uint8Array(Buffer.from(key, "latin1")), value }));
  }

  async count(table: TableName) {
    return this.rows.filter((row) => row.table === table).length;
  }

  async close() {
    this.isClosed = true;
  }
}

function latin(bytes: Uint8Array = new Uint8Array(0)): string {
  return Buffer.from(bytes).toString("latin1");
}

/** One range, and its list as it is written here. */
const RING_BY_HAND: Ring = {
  stamp: { epoch: 7, digest: "0123456789abcdef" },
  nodes: NODES,
  partitionCount: 1,
  partitionOf: () => 0,
  owners: [A],
  preferenceList: () => NODES,
  preferenceListOf: () => NODES,
};

/** A belief that only the test changes. */
function believing(down: ReadonlySet<NodeId>): Detector {
  return {
    isUp: (peer) => !down.has(peer),
    answered() {},
    missed() {},
    overdue() {},
    leaves() {},
    suspected: () => [...down],
  };
}

/** Calls that reach a peer's handler at once, or nobody. */
function direct(handlers: ReadonlyMap<NodeId, RequestHandler>, from: NodeId): PeerCalls {
  return {
    call(peer, request, _timeoutMs, done) {
      const handler = handlers.get(peer);
      queueMicrotask(() => {
        if (handler === undefined) done({ kind: "not-sent", reason: "nobody is there" });
        else handler(from, request, (reply) => done({ kind: "reply", reply }));
      });
      return { cancel() {} };
    },
  };
}

interface Membership {
  readonly ring: Ring;
  readonly detector: Detector;
  readonly calls: PeerCalls;
}

/** The real coordination and persistence of one node, over whatever membership. */
async function openNode(self: NodeId, { ring, detector, calls }: Membership) {
  const environment = environmentOf();
  const engine = new MemoryEngine();
  const life = await Life.begin(environment, { engine, nodeId: self, isRestored: false });
  const ringNow = () => ring;
  const parts = { engine, versioning: dvvset, ring: ringNow, nodeId: self, life };
  const replica = await Replica.open(environment, parts);
  const coordinator = new Coordinator(
    environment,
    {
      nodeId: self,
      replica,
      calls,
      detector,
      versioning: dvvset,
      ring: ringNow,
      instruments: coordinatorInstruments(environment.metrics),
      liveRequests: new LiveRequests(environment),
    },
    {
      n: N,
      quorum: "sloppy",
      writeCoordinator: "any-owner",
      hedgeMs: 100,
      durableReplicas: 0,
      readRepair: true,
      repairWaitMs: 100,
    },
    { clusterId: "test", macKey: macKeyOf(undefined, "test") },
  );
  const stages = createStages(environment, parseConfiguration(WRITTEN_CONFIGURATION));
  return {
    replica,
    coordinator,
    serve: (chosen: Pick<Coordinator, "put">): RequestHandler =>
      peerService(environment, {
        replica,
        coordinator: chosen,
        shared: new SharedTrees({ nodeId: self, trees: replica.trees, ring: ringNow, n: N }),
        admission: new Admission(environment, stages),
        stages,
        waitMaxMs: 1_000,
        lives: { accept: async () => true },
        ring: ringNow,
        isMember: () => true,
        ready: () => true,
        w: 2,
      }),
  };
}

function environmentOf() {
  const clock = new ManualClock();
  return { ...quietEnvironment(clock), transport: new MemoryNetwork(clock) };
}

const NO_CONTEXT = new Uint8Array(0);

function orderOf(value: string): WriteOrder {
  const payload = payloadOf(value);
  return { key: KEY, context: NO_CONTEXT, payload, w: 3, quorum: "sloppy", timeoutMs: 1_000 };
}

function payloadOf(value: string): Uint8Array {
  return encodePayload({ contentType: "text/plain", tombstone: false, bytes: utf8Bytes(value) });
}
