import { describe, expect, test } from "vitest";
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

describe("a write that is made late (K-11)", () => {
  const MINTED_LATE = "minted-late";
  /** Asked for 1,000 ms; the world allows 1,500 more. */
  const IN_TIME_MS = 2_500;
  const NAMED = { operation: "x" };

  /** The write of one attempt, made at another node so long after it arrived. */
  function mintAfter(world: HandMadeWorld, waitedMs: number): void {
    world.refused(world.askWrite("a", "one", NAMED));
    world.nowMs += waitedMs;
    world.mint({ node: "b" }, "one");
  }

  test("is found, and one at the last moment is not", () => {
    for (const [waitedMs, found] of [
      [IN_TIME_MS, []],
      [IN_TIME_MS + 20, [MINTED_LATE]],
    ] as const) {
      const world = new HandMadeWorld("dvvset");
      mintAfter(world, waitedMs);
      expect(world.found).toEqual(found);
    }
  });

  test("is in time where somebody asked for it again meanwhile, and knows already that it is done", () => {
    const world = new HandMadeWorld("dvvset");
    world.refused(world.askWrite("a", "one", NAMED));
    world.nowMs += 9_000;
    const again = world.askWrite("b", "one", NAMED);
    world.store({ node: "a" }, world.mint({ node: "b" }, "one"));
    world.sync({ node: "b" });
    world.done(again);
    world.nowMs += 100;
    world.mint({ node: "c" }, "one");
    expect(world.found).not.toContain(MINTED_LATE);
  });

  test("is late even where another node made it in time, and the client knows", () => {
    const world = new HandMadeWorld("dvvset");
    const id = world.askWrite("a", "one", NAMED);
    world.store({ node: "c" }, world.mint({ node: "a" }, "one"));
    world.sync({ node: "a" });
    world.done(id);
    world.nowMs += IN_TIME_MS + 20;
    world.mint({ node: "b" }, "one");
    expect(world.found).toContain(MINTED_LATE);
  });
});
