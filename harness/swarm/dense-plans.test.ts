import { expect, test } from "vitest";
import { DENSE_FAMILIES, densePlan } from "./dense-plans.ts";
import { drawPlan } from "./draw-plan.ts";
import { parsePlanText } from "./plan-file.ts";
import { planOfSeed } from "./plan-of-seed.ts";

test.each(DENSE_FAMILIES)(
  "a plan of %s is a plan as files hold it, another for each seed",
  (family) => {
    const plan = densePlan(family, 7);
    expect(parsePlanText(JSON.stringify(plan), "plan")).toEqual(JSON.parse(JSON.stringify(plan)));
    expect(densePlan(family, 7)).toEqual(plan);
    expect(densePlan(family, 8)).not.toEqual({ ...plan, seed: 8 });
    expect(plan.run.expects.verdict).toBe("valid");
  },
);

test("one seed in seven is of a family, and all families come up in two hundred", () => {
  const seeds = Array.from({ length: 200 }, (_, at) => at + 1);
  const plans = seeds.map((seed) => JSON.stringify(planOfSeed(seed)));
  const isOf = (at: number, family: (typeof DENSE_FAMILIES)[number]): boolean =>
    plans[at] === JSON.stringify(densePlan(family, at + 1));
  const found = seeds.map((_, at) => DENSE_FAMILIES.find((family) => isOf(at, family)));
  const dense = found.filter((family) => family !== undefined);
  expect(dense.length).toBeGreaterThan(20);
  expect(dense.length).toBeLessThan(45);
  expect(new Set(dense)).toEqual(new Set(DENSE_FAMILIES));
  found.forEach((family, at) => {
    if (family === undefined) expect(plans[at]).toBe(JSON.stringify(drawPlan(at + 1)));
  });
});
