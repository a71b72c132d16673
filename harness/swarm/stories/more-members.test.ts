/** Aim: the stories of more members happen as they are told, and nothing is wrong with the store in them. */
import { expect, test } from "vitest";
import { MEMBER_FAMILIES, planOfStory } from "../dense-plans.ts";
import { runSimulation } from "../run-simulation.ts";
import { MORE_MEMBERS } from "./more-members.ts";

/** What each of them is about, and how often it has to come up at least. */
const ABOUT: Readonly<Record<(typeof MEMBER_FAMILIES)[number], readonly [string, number]>> = {
  "snapshot-while-a-node-joins": ["a node dropped the rows of a lost range", 1],
  "hints-from-more-members": ["a hint waited for its turn to be delivered", 20],
};

const CASES = MEMBER_FAMILIES.flatMap((name) => [1, 2].map((seed) => [name, seed] as const));

test.each(CASES)("D-6.2-8 D-4.6-3 %s, in seed %d", async (name, seed) => {
  const { outcome } = await runSimulation(planOfStory(MORE_MEMBERS[name], seed));
  expect(outcome.findings).toEqual([]);
  const [point, count] = ABOUT[name];
  expect(outcome.reached[point]).toBeGreaterThanOrEqual(count);
  expect(outcome.reached["a change of the membership was complete"]).toBeGreaterThan(0);
});
