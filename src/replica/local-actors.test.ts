import { expect, test } from "vitest";
import { incarnationOf } from "../base/actor.ts";
import type { Actor } from "../base/ids.ts";
import type { Siblings } from "../causality/versioning.ts";
import { LocalActors } from "./local-actors.ts";
import { SELF } from "./testing/replica-world.ts";

const knows = (...actors: readonly Actor[]): Siblings => ({
  payloads: [],
  clock: new Map(actors.map((actor) => [actor, 1])),
});

/** A life under an incarnation of its own. */
function life(number: number) {
  let nextEpoch = 0;
  return {
    incarnation: incarnationOf(new Uint8Array(8).fill(number)),
    get nextEpoch() {
      return nextEpoch;
    },
    takeEpoch: () => nextEpoch++,
  };
}

test("LocalActors goes on with a row's actor only while its record knows it, in this life", () => {
  const actors = new LocalActors(SELF, life(0));
  const actor = actors.actorFor(undefined, knows());
  expect(actors.actorFor(actor, knows(actor))).toBe(actor);
  expect(actors.actorFor(actor, knows())).not.toBe(actor);
  const nextLife = new LocalActors(SELF, life(1));
  expect(nextLife.actorFor(actor, knows(actor))).not.toBe(actor);
});

test("LocalActors gives up an actor that a truncated context forgot, where counters follow from the context (K-8)", () => {
  const actors = new LocalActors(SELF, life(0));
  const actor = actors.fresh();
  const held = knows(actor);
  expect(actors.actorFor(actor, held, held.clock)).toBe(actor);
  const renamed = actors.actorFor(actor, held, knows().clock);
  expect(renamed).not.toBe(actor);
  expect(actors.actorFor(renamed, knows(actor, renamed), knows(renamed).clock)).toBe(renamed);
});

test("LocalActors never gives a retired actor again, however many are retired", () => {
  const actors = new LocalActors(SELF, life(0));
  const kept = actors.fresh();
  const retired: Actor[] = [];
  for (let count = 0; count < 3_000; count += 1) {
    const actor = actors.fresh();
    expect(actors.actorFor(actor, knows(actor))).toBe(actor);
    actors.retire(actor);
    expect(actors.actorFor(actor, knows(actor))).not.toBe(actor);
    retired.push(actor);
  }
  const used = new Set(retired);
  for (const actor of retired) {
    expect(used.has(actors.actorFor(actor, knows(actor)))).toBe(false);
  }
  // Beyond the bound the others are retired too; what is made afterwards is not.
  expect(actors.actorFor(kept, knows(kept))).not.toBe(kept);
  const later = actors.fresh();
  expect(actors.actorFor(later, knows(later))).toBe(later);
});
