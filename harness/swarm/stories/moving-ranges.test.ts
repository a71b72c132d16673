/** Aim: the stories of ranges that move happen as they are told, and nothing is wrong with the store in them. */
import { expect, test } from "vitest";
import { MOVING_FAMILIES, planOfStory } from "../dense-plans.ts";
import { runSimulation } from "../run-simulation.ts";
import { MOVING_RANGES } from "./moving-ranges.ts";

/** What each of them is about, and more often than how often it has to come up for that. */
const ABOUT: Readonly<Record<(typeof MOVING_FAMILIES)[number], readonly [string, number]>> = {
  "copies-late-for-a-new-owner": ["the ring changed while a replica stored a copy", 20],
  "owner-that-slept-over-a-change": ["a request ended because the ring had changed", 20],
  "deleted-while-a-node-that-leaves-sleeps": [
    "tombstones stayed while rows were on their way to other owners",
    20,
  ],
  "ranges-lost-before-an-owner-has-them": ["a row of a lost range came to an owner", 5],
  "writes-late-for-a-lost-range": ["a row of a lost range had changed when the others went", 0],
};

const CASES = MOVING_FAMILIES.flatMap((name) => [1, 2].map((seed) => [name, seed] as const));

test.each(CASES)("D-4.9-4 %s, in seed %d", async (name, seed) => {
  const plan = planOfStory(MOVING_RANGES[name], seed);
  const { outcome } = await runSimulation(plan);
  expect(outcome.findings).toEqual([]);
  const [point, count] = ABOUT[name];
  expect(outcome.reached[point]).toBeGreaterThan(count);
  expect(outcome.reached["a change of the membership was complete"]).toBeGreaterThan(0);
});
