import type { SeededRandom } from "../../../src/base/seeded-random.ts";
import type { SimFault, WorldPlan } from "../../drivers/sim/world-plan.ts";
import type { Link } from "../../nemesis/fault.ts";
import type { Plan } from "../../run/plan.ts";
import type { SimPlan } from "../sim-plan.ts";

/** What a fixed story says of a plan; the rest is a small run in a calm world (`dense-plans.ts`). */
export interface Story
  extends Pick<SimPlan, "adversaryRequests" | "coldKeys" | "deletedKeys" | "snapshot"> {
  readonly operations: number;
  readonly run: Partial<Plan>;
  readonly world?: Partial<WorldPlan>;
  readonly faults?: readonly SimFault[];
  readonly core?: readonly string[];
}

export type TellStory = (random: SeededRandom) => Story;

/** Keeps the names of stories as types. */
export function storiesOf<Name extends string>(
  stories: Readonly<Record<Name, TellStory>>,
): Readonly<Record<Name, TellStory>> {
  return stories;
}

/** Between a node and each of the others, in both directions. */
export function linksBetween(node: string, others: readonly string[]): readonly Link[] {
  return others.flatMap((other) => [
    { from: node, to: other },
    { from: other, to: node },
  ]);
}

export function crash(node: string, startMs: number, endMs: number): SimFault {
  return { kind: "crash", startMs, endMs, node, power: false };
}

export function restart(node: string, startMs: number, endMs: number): SimFault {
  return { kind: "restart", startMs, endMs, node };
}
