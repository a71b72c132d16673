import { expect, test } from "vitest";
import { DENSE_FAMILIES, densePlan } from "./dense-plans.ts";
import { drawPlan } from "./draw-plan.ts";
import { losesNothing } from "./plan-expectation.ts";
import { parsePlanText } from "./plan-file.ts";
import { planOfSeed } from "./plan-of-seed.ts";

test.each(DENSE_FAMILIES)(
  "a plan of %s is a plan as files hold it, another for each seed",
  (family) => {
    const plan = densePlan(family, 7);
    expect(parsePlanText(JSON.stringify(plan), "plan")).toEqual(JSON.parse(JSON.stringify(plan)));
    expect(densePlan(family, 7)).toEqual(plan);
    expect(densePlan(family, 8)).not.toEqual({ ...plan, seed: 8 });
    expect(losesNothing(plan)).toBe(true);
  },
);

test("one seed in five is of a family, each family in turn", () => {
  const counts = new Map<string, number>();
  for (let seed = 1; seed <= 200; seed += 1) {
    const plan = JSON.stringify(planOfSeed(seed));
    const family = DENSE_FAMILIES.find((each) => plan === JSON.stringify(densePlan(each, seed)));
    if (family === undefined) expect(plan).toBe(JSON.stringify(drawPlan(seed)));
    else counts.set(family, (counts.get(family) ?? 0) + 1);
  }
  const most = Math.ceil(40 / DENSE_FAMILIES.length);
  expect(counts.size).toBe(DENSE_FAMILIES.length);
  for (const count of counts.values()) expect([most - 1, most]).toContain(count);
  expect([...counts.values()].reduce((sum, count) => sum + count)).toBe(40);
});
