/** Aim: the stories of the seeds that leave 18 happen as they are told, and nothing is wrong with the store in them. */
import { expect, test } from "vitest";
import { CHANGE_FAMILIES, densePlan } from "../dense-plans.ts";
import { runSimulation } from "../run-simulation.ts";

/** What each of them is about, and how often it has to come up at least; a snapshot is judged by what is restored (`check-restore.ts`). */
const ABOUT: Readonly<Record<(typeof CHANGE_FAMILIES)[number], readonly [string, number]>> = {
  "refusals-when-the-time-is-up": ["a request under another ring was refused", 100],
  "news-that-disks-store-slowly": ["a replica heard of a change by a request, and served it", 20],
  "forwards-to-former-owners": ["a strict write came to a node that has lost the key", 1],
  "rows-for-owners-without-room": ["a stage refused what it had no place for", 20],
  "departed-while-suspected": ["a peer that counted as down has left the cluster", 1],
  "snapshot-without-both-copies": ["a coordinator had no room for a hint that it owed", 50],
  "snapshot-while-hints-are-delivered": ["a hint was delivered to its owner", 50],
  "snapshot-behind-a-join": ["a change of the membership was complete", 1],
  "disks-that-fail-below-buffers": ["the engine below a write buffer died", 1],
};

const CASES = CHANGE_FAMILIES.flatMap((name) => [1, 2].map((seed) => [name, seed] as const));

test.each(CASES)("D-4.9-4 D-6.2-8 %s, in seed %d", async (name, seed) => {
  const { outcome } = await runSimulation(densePlan(name, seed));
  expect(outcome.findings).toEqual([]);
  const [point, count] = ABOUT[name];
  expect(outcome.reached[point] ?? 0).toBeGreaterThanOrEqual(count);
});
