import { expect, test } from "vitest";
import { incarnationOf } from "../base/actor.ts";
import { nodeId } from "../base/ids.ts";
import { MemoryEngine } from "../storage/memory-engine.ts";
import { SlowEngine } from "../storage/testing/slow-engine.ts";
import { PeerLives } from "./peer-lives.ts";

const PEER = nodeId("n1");
const name = (number: number): string => incarnationOf(new Uint8Array(8).fill(number));
const begins = (incarnation: number, life: number) => ({
  incarnation: name(incarnation),
  life: name(life),
  after: undefined,
});
const goesOn = (incarnation: number, life: number, after: number) => ({
  ...begins(incarnation, life),
  after: name(after),
});

test("PeerLives vouches for the life after the last one it knows, and again for the same", async () => {
  const lives = new PeerLives(new MemoryEngine());
  expect(await lives.accept(PEER, begins(1, 10))).toBe(true);
  expect(await lives.accept(PEER, goesOn(1, 11, 10))).toBe(true);
  expect(await lives.accept(PEER, goesOn(1, 11, 10))).toBe(true);
  expect(await lives.accept(PEER, goesOn(1, 12, 11))).toBe(true);
});

test("K-7 PeerLives finds out a restored backup, and the second of two copies", async () => {
  const lives = new PeerLives(new MemoryEngine());
  await lives.accept(PEER, begins(1, 10));
  await lives.accept(PEER, goesOn(1, 11, 10));
  expect(await lives.accept(PEER, goesOn(1, 12, 10))).toBe(false);
  expect(await lives.accept(PEER, begins(1, 10))).toBe(false);
  // The one it refused changed nothing.
  expect(await lives.accept(PEER, goesOn(1, 13, 11))).toBe(true);
});

test("PeerLives vouches for nothing that it does not know", async () => {
  const lives = new PeerLives(new MemoryEngine());
  expect(await lives.accept(PEER, goesOn(1, 11, 10))).toBe(false);
  await lives.accept(nodeId("n2"), begins(1, 10));
  expect(await lives.accept(PEER, goesOn(1, 11, 10))).toBe(false);
});

test("PeerLives takes no message of an incarnation that is over for news", async () => {
  const lives = new PeerLives(new MemoryEngine());
  await lives.accept(PEER, begins(1, 10));
  await lives.accept(PEER, begins(2, 20));
  expect(await lives.accept(PEER, begins(1, 10))).toBe(false);
  expect(await lives.accept(PEER, goesOn(1, 11, 10))).toBe(false);
  expect(await lives.accept(PEER, goesOn(2, 21, 20))).toBe(true);
});

test("PeerLives vouches for one of two that ask at once, and tells it once that is stored", async () => {
  const engine = new SlowEngine();
  const lives = new PeerLives(engine);
  const known = lives.accept(PEER, begins(1, 10));
  await new Promise((resolve) => setImmediate(resolve));
  await engine.finishOne("stored");
  await known;
  const answers: boolean[] = [];
  const asked = [goesOn(1, 11, 10), goesOn(1, 12, 10)].map((claim) =>
    lives.accept(PEER, claim).then((accepted) => answers.push(accepted)),
  );
  await new Promise((resolve) => setImmediate(resolve));
  expect(answers).toEqual([]);
  await engine.finishOne("stored");
  await Promise.all(asked);
  expect(answers.sort()).toEqual([false, true]);
});
