/** Aim: the stories of nodes that leave happen as they are told, and nothing is wrong with the store in them. */
import { expect, test } from "vitest";
import { planOfStory } from "../dense-plans.ts";
import { losesNothing } from "../plan-expectation.ts";
import { parsePlanText } from "../plan-file.ts";
import { runSimulation } from "../run-simulation.ts";
import { LEAVING } from "./leaving.ts";

const SEEDS = [1, 2, 3];

test.each(SEEDS)(
  "D-4.6-8 hints of a node that left go to all who took over from it, in seed %d",
  async (seed) => {
    const plan = planOfStory(LEAVING["hints-of-a-node-that-left"], seed);
    expect(parsePlanText(JSON.stringify(plan), "plan")).toEqual(JSON.parse(JSON.stringify(plan)));
    expect(losesNothing(plan)).toBe(true);
    const { outcome } = await runSimulation(plan);
    expect(outcome.findings).toEqual([]);
    expect(outcome.faults).toEqual({ remove: 1, crash: 1 });
    const rerouted = outcome.reached["a hint went to those who took over from its owner"] ?? 0;
    expect(rerouted).toBeGreaterThan(10);
    // One of them was down.
    expect(outcome.reached["hint delivery stopped before the last hint"]).toBeGreaterThan(0);
  },
);
