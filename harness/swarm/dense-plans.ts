/*
 * Problem: some bugs need several things in a row, on one node or on one key, and plans whose parts are drawn one by one meet that in few of
 * thousands. Sketch: a plan of a family has the story fixed, many times over or for many keys at once, and the seed draws what happens
 * besides. The stories are in `stories`. More than one seed in five is of these (`plan-of-seed.ts`), and the tests of what the stories are about run them too.
 */

import { SeededRandom } from "../../src/base/seeded-random.ts";
import { CALM_WORLD } from "../drivers/sim/calm-world.ts";
import type { Plan } from "../run/plan.ts";
import { judged } from "./plan-expectation.ts";
import type { SimPlan } from "./sim-plan.ts";
import { DAMAGE } from "./stories/damage.ts";
import { DELIVERIES } from "./stories/deliveries.ts";
import { DEPARTURES } from "./stories/departures.ts";
import { FAILED_DISKS } from "./stories/failed-disks.ts";
import { FORWARDS } from "./stories/forwards.ts";
import { FULL_DISKS } from "./stories/full-disks.ts";
import { LAST_NODE } from "./stories/last-node.ts";
import { LAST_WRITES } from "./stories/last-writes.ts";
import { LEAVING } from "./stories/leaving.ts";
import { LIVES } from "./stories/lives.ts";
import { LOST_COPIES } from "./stories/lost-copies.ts";
import { MET_CHANGES } from "./stories/met-changes.ts";
import { MORE_MEMBERS } from "./stories/more-members.ts";
import { MORE_SNAPSHOTS } from "./stories/more-snapshots.ts";
import { MOVING_RANGES } from "./stories/moving-ranges.ts";
import { SNAPSHOTS } from "./stories/snapshots.ts";
import type { TellStory } from "./stories/story.ts";
import { TOMBSTONES } from "./stories/tombstones.ts";

/** The plan of a family and a seed. Pure. */
export function densePlan(family: DenseFamily, seed: number): SimPlan {
  return planOfStory(STORIES[family], seed);
}

/** The plan of a story and a seed. Pure. */
export function planOfStory(tell: TellStory, seed: number): SimPlan {
  const story = tell(new SeededRandom(seed).fork("dense plan"));
  const { run, world: changes, faults = [], core = [], ...others } = story;
  const world = { ...CALM_WORLD, ...changes };
  const whole = { ...SMALL_RUN, seed, ...run };
  return {
    format: "ringside-sim-plan",
    version: 1,
    seed,
    run: judged(whole, world, faults),
    ...others,
    world,
    faults,
    core,
  };
}

const SMALL_RUN: Omit<Plan, "beyondBudget" | "expects"> = {
  format: "ringside-plan",
  version: 1,
  workload: "shopping-cart",
  cluster: "sim",
  nodes: 3,
  n: 3,
  r: 2,
  w: 2,
  partitions: 16,
  quorum: "sloppy",
  versioning: "dvvset",
  reconcile: "union",
  engine: "lmdb",
  nemesis: ["none"],
  rate: 100,
  clients: 6,
  carts: 3,
  clientsRoam: true,
  seconds: 3,
  seed: 1,
  toxiproxyUrl: undefined,
  slo: undefined,
};

/** In this order seeds have them in turn (`plan-of-seed.ts`); one more would move which seed has which. */
const FIRST_STORIES = {
  ...LIVES,
  ...LOST_COPIES,
  ...DAMAGE,
  ...SNAPSHOTS,
  ...LAST_NODE,
  ...TOMBSTONES,
};

/** Likewise, in turns of their own: a new one goes to the end, and moves these alone. */
const LATER_STORIES = { ...LAST_WRITES, ...FORWARDS, ...DELIVERIES, ...LEAVING };

/** Likewise; in 200 seeds the first one comes up twice, since what it is about happens in half of its plans only. */
const CHANGE_STORIES = {
  ...MET_CHANGES,
  ...DEPARTURES,
  ...MORE_SNAPSHOTS,
  ...FAILED_DISKS,
};

const STORIES = {
  ...FIRST_STORIES,
  ...LATER_STORIES,
  ...MOVING_RANGES,
  ...FULL_DISKS,
  ...MORE_MEMBERS,
  ...CHANGE_STORIES,
};

export type DenseFamily = keyof typeof STORIES;
export const FIRST_FAMILIES = namesOf(FIRST_STORIES);
export const LATER_FAMILIES = namesOf(LATER_STORIES);
export const MOVING_FAMILIES = namesOf(MOVING_RANGES);
export const FULL_FAMILIES = namesOf(FULL_DISKS);
export const MEMBER_FAMILIES = namesOf(MORE_MEMBERS);
export const CHANGE_FAMILIES = namesOf(CHANGE_STORIES);

function namesOf<Name extends string>(stories: Readonly<Record<Name, unknown>>): readonly Name[] {
  return Object.keys(stories) as Name[];
}
