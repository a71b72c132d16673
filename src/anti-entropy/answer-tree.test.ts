/*
 * Aim: who drops a lost range drops nothing that its owners only show (paper 4.9, D-6.1-3). Method: a replica on a disk whose writes end as the test says, with
 * and without a write buffer, is asked for its tree.
 */
import { expect, test } from "vitest";
import { nodeId } from "../base/ids.ts";
import { versioningFor } from "../causality/versioning-for.ts";
import { ManualClock } from "../env/testing/manual-clock.ts";
import { quietEnvironment } from "../env/testing/quiet-environment.ts";
import { eventLoopTurn } from "../platform/testing/event-loop-turn.ts";
import type { Reply } from "../protocol/messages.ts";
import { Life } from "../replica/life.ts";
import { Replica } from "../replica/replica.ts";
import { createRing } from "../ring/partition-table.ts";
import type { Engine } from "../storage/engine.ts";
import { StorageError } from "../storage/engine.ts";
import { MemoryEngine } from "../storage/memory-engine.ts";
import { SlowEngine } from "../storage/testing/slow-engine.ts";
import { WriteBuffer } from "../storage/write-buffer.ts";
import { answerTree } from "./answer-tree.ts";
import { SharedTrees } from "./shared-trees.ts";

const [SELF, PEER] = [nodeId("owner"), nodeId("former")];
const KEY = Buffer.from("cart");
const RING = createRing({ clusterId: "told", nodes: [SELF, PEER], partitionCount: 4 });
const PARTITION = RING.partitionOf(KEY);
const ROOT = new Uint8Array(0);

/** A replica with one write that shows. */
async function owner({ isBuffered = false } = {}) {
  const disk = new SlowEngine();
  const clock = new ManualClock();
  const env = {
    ...quietEnvironment(clock),
    transport: { connect: refuse, listen: refuse },
  };
  const engine: Engine = isBuffered
    ? new WriteBuffer(env, { engine: disk }, { objectsMax: 10, flushMs: 1_000, gatherMs: 5 })
    : disk;
  const life = await Life.begin(env, { engine: new MemoryEngine(), nodeId: SELF });
  const ring = () => RING;
  const versioning = versioningFor("dvvset");
  const copies = await Replica.open(env, { engine, versioning, ring, nodeId: SELF, life });
  copies.trees.start({ verifyMs: 0 });
  while (!copies.trees.isBuilt) {
    await eventLoopTurn();
    clock.advance(1);
  }
  const shared = new SharedTrees({ nodeId: SELF, trees: copies.trees, ring, n: 2 });
  const minted = await copies.mint(KEY, new Map(), Buffer.from("value"), undefined);
  const ended = minted.stored.catch((error: unknown) => error);
  const answers: (Reply | Error)[] = [];
  const ask = async (partition: number | undefined): Promise<void> => {
    const request = { type: "tree", ring: RING.stamp, paths: [ROOT], partition } as const;
    answerTree(env, { shared, copies }, { from: PEER, request }).then(
      (reply) => answers.push(reply),
      (error: Error) => answers.push(error),
    );
    await eventLoopTurn();
  };
  return { disk, ended, answers, ask, assertions: env.assertions };
}

function refuse(): never {
  throw new Error("Nobody asks for this here");
}

const TOLD = { type: "tree-reply", nodes: [{ kind: "leaves", leaves: [{ key: KEY }] }] };
const TOLD_OF_NOTHING = { type: "tree-reply", nodes: [{ kind: "leaves", leaves: [] }] };

test("a peer that shares the partition is told at once what shows", async () => {
  const { answers, ask, disk, ended } = await owner();
  await ask(undefined);
  expect(answers).toMatchObject([{ type: "tree-reply" }]);
  await disk.finishOne("stored");
  expect(await ended).toBeUndefined();
});

test("a peer that has lost it is told once what shows is stored", async () => {
  const { answers, ask, disk, ended } = await owner();
  await ask(PARTITION);
  expect(answers).toEqual([]);
  await disk.finishOne("stored");
  await eventLoopTurn();
  expect(answers).toMatchObject([TOLD]);
  expect(await ended).toBeUndefined();
});

test("and is told nothing where that is lost, and the next time what is left", async () => {
  const { answers, ask, disk, ended, assertions } = await owner();
  await ask(PARTITION);
  await disk.finishOne("failed");
  expect(await ended).toBeInstanceOf(StorageError);
  await eventLoopTurn();
  expect(answers).toEqual([{ type: "tree-reply", nodes: undefined }]);
  const point = "an owner lost a write while it told of its tree of a lost range";
  expect(assertions.countOf(point)).toBe(1);
  await ask(PARTITION);
  await eventLoopTurn();
  expect(answers[1]).toEqual(TOLD_OF_NOTHING);
});

test("what is in a write buffer is stored first", async () => {
  const { answers, ask, disk, ended } = await owner({ isBuffered: true });
  expect(await ended).toBeUndefined();
  expect(disk.waiting).toBe(0);
  await ask(PARTITION);
  expect(answers).toEqual([]);
  await disk.finishOne("stored");
  await eventLoopTurn();
  expect(answers).toMatchObject([TOLD]);
  expect(await disk.durable.count("records")).toBe(1);
});

test("and where it cannot be stored the peer is told of an error", async () => {
  const { answers, ask, disk } = await owner({ isBuffered: true });
  await ask(PARTITION);
  await disk.finishOne("failed");
  await eventLoopTurn();
  expect(answers).toEqual([expect.any(StorageError)]);
});
