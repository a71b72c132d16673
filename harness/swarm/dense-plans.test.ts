import { expect, test } from "vitest";
import { isLastWriteWins } from "../../src/causality/versioning.ts";
import {
  CHANGE_FAMILIES,
  densePlan,
  FIRST_FAMILIES,
  FULL_FAMILIES,
  LATER_FAMILIES,
  MEMBER_FAMILIES,
  MOVING_FAMILIES,
} from "./dense-plans.ts";
import { drawPlan } from "./draw-plan.ts";
import { losesNothing } from "./plan-expectation.ts";
import { parsePlanText } from "./plan-file.ts";
import { familyOfSeed, planOfSeed } from "./plan-of-seed.ts";

const FAMILIES = [
  ...FIRST_FAMILIES,
  ...LATER_FAMILIES,
  ...MOVING_FAMILIES,
  ...FULL_FAMILIES,
  ...MEMBER_FAMILIES,
  ...CHANGE_FAMILIES,
];

test.each(FAMILIES)("a plan of %s is a plan as files hold it, another for each seed", (family) => {
  const plan = densePlan(family, 7);
  expect(parsePlanText(JSON.stringify(plan), "plan")).toEqual(JSON.parse(JSON.stringify(plan)));
  expect(densePlan(family, 7)).toEqual(plan);
  expect(densePlan(family, 8)).not.toEqual({ ...plan, seed: 8 });
  // Only what wins over concurrent writes may lose any.
  expect(losesNothing(plan)).toBe(!isLastWriteWins(plan.run.versioning));
});

test.each([
  { every: 5, rest: 0, families: FIRST_FAMILIES },
  { every: 20, rest: 7, families: LATER_FAMILIES },
  { every: 20, rest: 13, families: MOVING_FAMILIES },
  { every: 40, rest: 39, families: FULL_FAMILIES },
  { every: 100, rest: 61, families: MEMBER_FAMILIES },
  { every: 20, rest: 18, families: CHANGE_FAMILIES },
])("one seed in $every has one of the same families, each in turn", ({ every, rest, families }) => {
  const seeds = Array.from({ length: 2 * families.length }, (_, turn) => turn * every + rest);
  expect(seeds.map(familyOfSeed)).toEqual([...families, ...families]);
});

test("all other seeds have plans whose parts are drawn one by one", () => {
  const dense = Array.from({ length: 200 }, (_, at) => at + 1).filter((seed) => {
    const family = familyOfSeed(seed);
    const plan = family === undefined ? drawPlan(seed) : densePlan(family, seed);
    expect(planOfSeed(seed)).toEqual(plan);
    return family !== undefined;
  });
  expect(dense).toHaveLength(40 + 10 + 10 + 5 + 2 + 10);
});
