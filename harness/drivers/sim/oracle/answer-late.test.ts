import { expect, test } from "vitest";
import { HandMadeWorld } from "./testing/hand-made-world.ts";

const CHECK = ["answer-late"];

/** A read that is answered so long after it was asked; the world gives it 1,000 ms. */
function readAfter(world: HandMadeWorld, waitedMs: number, meanwhile = (): void => {}): void {
  const id = world.askRead("a");
  meanwhile();
  world.nowMs += waitedMs;
  world.refused(id);
}

test("finds a read that is answered after its deadline", () => {
  const world = new HandMadeWorld("dvvset");
  readAfter(world, 1_004);
  expect(world.found).toEqual([]);
  readAfter(world, 1_007);
  expect(world.found).toEqual(CHECK);
});

test("gives a write no more time than a read, whatever its coordinator's disk takes", () => {
  for (const [waitedMs, found] of [
    [1_004, []],
    [1_007, CHECK],
  ] as const) {
    const world = new HandMadeWorld("dvvset");
    const id = world.askWrite("a", "one");
    world.nowMs += waitedMs;
    world.refused(id);
    expect(world.found).toEqual(found);
  }
});

test("takes the time into account at which a paused process goes on", () => {
  const world = new HandMadeWorld("dvvset");
  world.oracle.processPaused("a");
  readAfter(world, 9_000, () => world.oracle.processResumed("b"));
  expect(world.found).toEqual(CHECK);
  const patient = new HandMadeWorld("dvvset");
  const id = patient.askRead("a");
  patient.oracle.processPaused("a");
  patient.nowMs += 9_000;
  patient.oracle.processResumed("a");
  patient.refused(id);
  expect(patient.found).toEqual([]);
});

test("finds what is never answered, when all is over or when its node dies", () => {
  for (const end of [
    (world: HandMadeWorld) => world.oracle.finish({ settled: true }),
    (world: HandMadeWorld) => world.crash("a", []),
  ]) {
    const world = new HandMadeWorld("dvvset");
    world.askRead("a");
    world.nowMs += 2_000;
    end(world);
    expect(world.found).toEqual(CHECK);
  }
});

test("does not ask for answers of a node that died in time, or while it was paused", () => {
  for (const pauses of [false, true]) {
    const world = new HandMadeWorld("dvvset");
    world.askRead("a");
    if (pauses) world.oracle.processPaused("a");
    world.nowMs += pauses ? 2_000 : 900;
    world.crash("a", []);
    world.nowMs += 2_000;
    world.oracle.finish({ settled: true });
    expect(world.found).toEqual([]);
  }
});
