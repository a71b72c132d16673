/*
 * Aim: a copy counts only for who owns the key at the moment when it is stored (D-4.9-4), and a request by which a node hears of a change is served.
 * Method: the service for peers, and one write, each over a replica by hand whose disk is as slow as the test likes.
 */
import { describe, expect, test } from "vitest";
import { utf8Bytes } from "../base/bytes.ts";
import type { NodeId } from "../base/ids.ts";
import { nodeId } from "../base/ids.ts";
import { macKeyOf } from "../causality/context-token.ts";
import { versioningFor } from "../causality/versioning-for.ts";
import { Coordinator } from "../coordinator/coordinator.ts";
import { coordinatorInstruments } from "../coordinator/instruments.ts";
import { LiveRequests } from "../coordinator/live-requests.ts";
import type { Minted } from "../coordinator/parts.ts";
import { PutRequest } from "../coordinator/put-request.ts";
import { ManualClock } from "../env/testing/manual-clock.ts";
import { quietEnvironment } from "../env/testing/quiet-environment.ts";
import type { Reply, Request } from "../protocol/messages.ts";
import { createRing, ringFromTable } from "../ring/partition-table.ts";
import type { Ring } from "../ring/ring.ts";
import { ringUnderChange } from "../ring/ring-under-change.ts";
import { tableWith } from "../ring/table-changes.ts";
import { MemoryNetwork } from "../rpc/testing/memory-transport.ts";
import { Admission } from "./admission.ts";
import { parseConfiguration } from "./parse-configuration.ts";
import type { PeerServiceParts } from "./peer-service.ts";
import { peerService } from "./peer-service.ts";
import { createStages } from "./stages.ts";
import { WRITTEN_CONFIGURATION } from "./testing/written-configuration.ts";

const NODES = ["a", "b", "c"].map(nodeId);
const [A, B] = [nodeId("a"), nodeId("b")];
const N = 2;
const BEFORE = createRing({ clusterId: "c", nodes: NODES, partitionCount: 12 });
const TABLE = { clusterId: "c", epoch: 1, nodes: NODES, owners: BEFORE.owners };
const NEXT = ringFromTable(tableWith(TABLE, { node: nodeId("d") }));
const AFTER = ringUnderChange(BEFORE, NEXT, { epoch: 1, digest: "00000000000000ff" });
const KEYS = Array.from({ length: 500 }, (_, number) => utf8Bytes(`key ${number}`));
const ownersIn = (ring: Ring, key: Uint8Array) => ring.preferenceList(key).slice(0, N);
const isGiven = (key: Uint8Array) => ownersIn(NEXT, key).includes(nodeId("d"));
const isOfA = (key: Uint8Array) => ownersIn(BEFORE, key)[0] === A;
/** Of node a; the change gives the one to d as well, and leaves the other as it is. */
const GIVEN = KEYS.find((key) => isOfA(key) && isGiven(key)) as Uint8Array;
const KEPT = KEYS.find(
  (key) => isOfA(key) && ownersIn(NEXT, key).every((node) => ownersIn(BEFORE, key).includes(node)),
) as Uint8Array;

/** What is stored, once the test says so. */
class SlowDisk {
  #end: () => void = () => {};
  readonly stored = new Promise<void>((resolve) => {
    this.#end = resolve;
  });

  async end(): Promise<void> {
    this.#end();
    await turns();
  }
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

function environmentOf() {
  const clock = new ManualClock();
  return { ...quietEnvironment(clock), transport: new MemoryNetwork(clock) };
}

function putOf(ring: Ring): Request {
  return { type: "put", ring: ring.stamp, key: KEPT, record: utf8Bytes("r"), hintFor: undefined };
}

describe("a replica", () => {
  function serviceOf({ meet, isMember = true }: { meet?: () => void; isMember?: boolean } = {}) {
    const environment = environmentOf();
    const stages = createStages(environment, parseConfiguration(WRITTEN_CONFIGURATION));
    const disk = new SlowDisk();
    let ring: Ring = BEFORE;
    const parts = {
      replica: { store: () => disk.stored },
      admission: new Admission(environment, stages),
      stages,
      waitMaxMs: 1_000,
      ring: () => ring,
      meet: meet && (async () => meet()),
      isMember: () => isMember,
      ready: () => true,
      w: 2,
      // A put needs no other part of a node.
    } as unknown as PeerServiceParts;
    const handler = peerService(environment, parts);
    const replies: Reply[] = [];
    return {
      disk,
      replies,
      ask: (request: Request) => handler(B, request, (reply) => replies.push(reply)),
      setRing: (next: Ring) => {
        ring = next;
      },
    };
  }

  test("acknowledges a copy that it stored under the ring by which it was sent", async () => {
    const { ask, disk, replies } = serviceOf();
    ask(putOf(BEFORE));
    await disk.end();
    expect(replies).toEqual([{ type: "put-reply" }]);
  });

  test("D-4.9-4 does not where the ring changed before the copy was stored", async () => {
    const { ask, disk, replies, setRing } = serviceOf();
    ask(putOf(BEFORE));
    setRing(AFTER);
    await disk.end();
    expect(replies).toEqual([expect.objectContaining({ code: "stale-ring" })]);
  });

  test("K-17 that is behind asks the sender, and then serves", async () => {
    const service = serviceOf({ meet: () => service.setRing(AFTER) });
    service.ask(putOf(AFTER));
    await service.disk.end();
    expect(service.replies).toEqual([{ type: "put-reply" }]);
  });

  test("refuses where the sender could tell it nothing", async () => {
    const service = serviceOf({ meet: () => {} });
    service.ask(putOf(AFTER));
    await service.disk.end();
    expect(service.replies).toEqual([expect.objectContaining({ code: "stale-ring" })]);
  });

  test("that is no member coordinates nothing", async () => {
    const { ask, replies } = serviceOf({ isMember: false });
    const [context, payload] = [utf8Bytes(""), utf8Bytes("")];
    const ring = BEFORE.stamp;
    ask({ type: "forward", ring, key: KEPT, context, payload, w: 0, budgetMs: 100, strict: false });
    await turns();
    expect(replies).toEqual([expect.objectContaining({ code: "stale-ring" })]);
  });
});

describe("a coordinator", () => {
  /** A write of W=1 whose own copy is stored last; all others fail. Gives its outcome once the ring is that one. */
  async function outcomeOf(key: Uint8Array, now: Ring): Promise<string> {
    const environment = environmentOf();
    const disk = new SlowDisk();
    let ring: Ring = BEFORE;
    const versioning = versioningFor("dvvset");
    const minted: Minted = {
      record: utf8Bytes("r"),
      siblings: versioning.empty,
      stored: disk.stored,
    };
    const request = new PutRequest(
      environment,
      {
        nodeId: A,
        replica: {
          mint: async () => minted,
          store: async () => {},
          read: async () => undefined,
        },
        calls: {
          call: (_peer, _request, _timeoutMs, done) =>
            environment.clock.setTimer(0, () => done({ kind: "lost", reason: "by hand" })),
        },
        detector: { isUp: () => true } as never,
        versioning,
        ring: () => ring,
        instruments: coordinatorInstruments(environment.metrics),
        liveRequests: new LiveRequests(environment),
      },
      {
        n: N,
        quorum: "strict",
        writeCoordinator: "any-owner",
        hedgeMs: 50,
        durableReplicas: 0,
        readRepair: true,
        repairWaitMs: 100,
      },
      {
        key,
        context: new Map(),
        payload: utf8Bytes(""),
        w: 1,
        quorum: "strict",
        timeoutMs: 100,
      },
    );
    const outcome = request.run().then(
      () => "acknowledged",
      (error: { code: string }) => error.code,
    );
    await turns();
    environment.clock.advance(1);
    ring = now;
    await disk.end();
    return outcome;
  }

  test("counts its own copy", async () => {
    expect(await outcomeOf(GIVEN, BEFORE)).toBe("acknowledged");
  });

  test("D-4.9-4 does not count it where the key has another owner to be meanwhile", async () => {
    expect(await outcomeOf(GIVEN, AFTER)).toBe("write-quorum-not-met");
  });

  test("D-4.5-5 of a strict write that was sent to it under a ring before makes no hint, which would count as its copy", async () => {
    const other = NODES.find((node) => !ownersIn(AFTER, GIVEN).includes(node)) as NodeId;
    for (const quorum of ["strict", "sloppy"] as const) {
      const environment = environmentOf();
      let mintCount = 0;
      const coordinator = new Coordinator(
        environment,
        {
          nodeId: other,
          replica: {
            mint: () => {
              mintCount += 1;
              return new Promise(() => {});
            },
          } as never,
          calls: { call: () => ({ cancel: () => {} }) },
          detector: { isUp: () => true } as never,
          versioning: versioningFor("dvvset"),
          ring: () => AFTER,
          instruments: coordinatorInstruments(environment.metrics),
          liveRequests: new LiveRequests(environment),
        },
        {
          n: N,
          quorum: "sloppy",
          writeCoordinator: "any-owner",
          hedgeMs: 50,
          durableReplicas: 0,
          readRepair: true,
          repairWaitMs: 100,
        },
        { clusterId: "c", macKey: macKeyOf("a secret of this test", "c") },
      );
      const [context, payload] = [utf8Bytes(""), utf8Bytes("")];
      const order = { key: GIVEN, context, payload, w: 1, timeoutMs: 100 };
      let code = "none";
      coordinator.put({ ...order, quorum }).catch((error: { code: string }) => {
        code = error.code;
      });
      await turns();
      expect([code, mintCount]).toEqual(quorum === "strict" ? ["stale-ring", 0] : ["none", 1]);
    }
  });

  test("counts it where the change leaves the key as it is", async () => {
    expect(await outcomeOf(KEPT, AFTER)).toBe("acknowledged");
  });
});
