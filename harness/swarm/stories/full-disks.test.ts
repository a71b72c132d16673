/** Aim: the stories of full disks happen as they are told, and nothing is wrong with the store in them. */
import { expect, test } from "vitest";
import { FULL_FAMILIES, planOfStory } from "../dense-plans.ts";
import { runSimulation } from "../run-simulation.ts";
import { FULL_DISKS } from "./full-disks.ts";

/** What each of them is about. */
const ABOUT: Readonly<Record<(typeof FULL_FAMILIES)[number], string>> = {
  "flushes-that-fail": "a flush of the buffer failed",
  "new-owner-whose-disk-fills-up": "an exchange counted for nothing, since a write was lost",
};

const CASES = FULL_FAMILIES.flatMap((name) => [1, 2].map((seed) => [name, seed] as const));

test.each(CASES)("D-4.9-4 D-6.1-2 %s, in seed %d", async (name, seed) => {
  const { outcome } = await runSimulation(planOfStory(FULL_DISKS[name], seed));
  expect(outcome.findings).toEqual([]);
  expect(outcome.reached[ABOUT[name]]).toBeGreaterThan(0);
});
