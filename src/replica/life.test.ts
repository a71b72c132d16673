import { expect, test } from "vitest";
import type { Engine } from "../storage/engine.ts";
import { MemoryEngine } from "../storage/memory-engine.ts";
import { SlowEngine } from "../storage/testing/slow-engine.ts";
import { Life } from "./life.ts";
import { replicaEnvironment, SELF } from "./testing/replica-world.ts";

const env = replicaEnvironment(1);
const begin = (engine: Engine): Promise<Life> => Life.begin(env, { engine, nodeId: SELF });

test("Life.begin() resolves once the beginning is stored", async () => {
  const engine = new SlowEngine();
  let resolved = false;
  const beginning = begin(engine).then((life) => {
    resolved = true;
    return life;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(resolved).toBe(false);
  await engine.finishOne("stored");
  const life = await beginning;
  const stored = await engine.durable.get("incarnations", Buffer.from(SELF));
  expect(JSON.parse(Buffer.from(stored ?? []).toString())).toEqual({
    format: 2,
    incarnation: life.incarnation,
    life: life.name,
    nextEpoch: 0,
    ended: false,
  });
});

test("a life goes on with the incarnation, and after its epochs, only where the one before ended", async () => {
  const engine = new MemoryEngine();
  const first = await begin(engine);
  expect([first.claim.after, first.takeEpoch(), first.takeEpoch()]).toEqual([undefined, 0, 1]);
  await first.end();
  const second = await begin(engine);
  expect(second.claim).toEqual({
    incarnation: first.incarnation,
    life: second.name,
    after: first.name,
  });
  expect(second.name).not.toBe(first.name);
  expect(second.takeEpoch()).toBe(2);
  // It did not end: its epochs and its rows may be anything.
  const third = await begin(engine);
  expect(third.incarnation).not.toBe(first.incarnation);
  expect([third.claim.after, third.takeEpoch()]).toEqual([undefined, 0]);
});

test("a life is replaced for good, under epochs of its own", async () => {
  const engine = new MemoryEngine();
  const first = await begin(engine);
  first.takeEpoch();
  await first.end();
  const second = await begin(engine);
  await second.replace();
  expect(second.incarnation).not.toBe(first.incarnation);
  expect([second.claim.after, second.takeEpoch()]).toEqual([undefined, 0]);
  await second.end();
  expect((await begin(engine)).incarnation).toBe(second.incarnation);
});

test("a life that has ended mints no more", async () => {
  const life = await begin(new MemoryEngine());
  await life.end();
  expect(() => life.takeEpoch()).toThrow("life has ended");
});

test("a life on restored data does not go on, whatever they say", async () => {
  const engine = new MemoryEngine();
  const first = await begin(engine);
  await first.end();
  const second = await Life.begin(env, { engine, nodeId: SELF, isRestored: true });
  expect(second.incarnation).not.toBe(first.incarnation);
  expect(second.claim.after).toBeUndefined();
});

test("a life is told which hints the one before had dropped, where that ended; and a first one that there was none", async () => {
  const engine = new MemoryEngine();
  const dropped = { graceMs: 1_000, hashes: "AAAA" };
  const first = await begin(engine);
  await first.end(dropped);
  const second = await begin(engine);
  // It does not end, so the third cannot know.
  const third = await begin(engine);
  await third.end();
  const fourth = await begin(engine);
  await fourth.end(dropped);
  const restored = await Life.begin(env, { engine, nodeId: SELF, isRestored: true });
  const lives = [first, second, third, fourth, restored];
  expect(lives.map(({ droppedBefore }) => droppedBefore)).toEqual([
    "none",
    dropped,
    undefined,
    undefined,
    undefined,
  ]);
});

test("an engine that keeps no order lets no life go on", async () => {
  const engine = Object.assign(new MemoryEngine(), { ordered: false });
  const first = await begin(engine);
  await first.end();
  expect((await begin(engine)).incarnation).not.toBe(first.incarnation);
});

test.each([
  ["nothing that can be read", "not JSON"],
  ["another format", JSON.stringify({ format: 1, incarnation: "AAAAAAAAAAA", startedWallMs: 1 })],
  [
    "a malformed incarnation",
    JSON.stringify({ incarnation: "A", life: "AAAAAAAAAAA", nextEpoch: 0, ended: true }),
  ],
  [
    "a malformed epoch",
    JSON.stringify({
      incarnation: "AAAAAAAAAAA",
      life: "AAAAAAAAAAA",
      nextEpoch: 0.5,
      ended: true,
    }),
  ],
])("a row with %s is doubt enough for a fresh incarnation", async (_what, text) => {
  const engine = new MemoryEngine();
  const value = Buffer.from(text);
  await engine.write([{ table: "incarnations", key: Buffer.from(SELF), value }]);
  const life = await begin(engine);
  expect(life.incarnation).not.toBe("AAAAAAAAAAA");
  expect(life.claim.after).toBeUndefined();
});
