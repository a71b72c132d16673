/**
 * What each fault of a schedule does, drawn from the seed: whom it hits and how hard.
 *
 * Cuts alternate between black hole and closed connection, beginning with the one the seed says; a one-way cut is always a
 * black hole, since a closed connection is closed for both ends. Faults that destroy a node's data keep to the budget.
 */

import type { SeededRandom } from "../../src/base/seeded-random.ts";
import { destroysData } from "../checker/expects.ts";
import type { FaultKind, Plan } from "../run/plan.ts";
import { between } from "./between.ts";
import { datacenterGrudge } from "./datacenters.ts";
import type { Link } from "./fault.ts";
import type { DataEvent } from "./fault-budget.ts";
import { destructionCandidates } from "./fault-budget.ts";
import type { Grudge, GrudgeShape } from "./grudges.ts";
import { grudge, isGrudgeShape, withHomeClients } from "./grudges.ts";

export type FaultAction =
  | {
      readonly type: "cut";
      readonly method: "black-hole" | "closed";
      readonly links: readonly Link[];
      readonly sides: readonly (readonly string[])[];
      /** The one that is cut off, where it is a whole one. */
      readonly datacenter?: string;
    }
  | {
      readonly type: "slow";
      readonly links: readonly Link[];
      readonly latencyMs: number;
      readonly jitterMs: number;
    }
  | { readonly type: "crash" | "pause" | "restart"; readonly node: string }
  | { readonly type: "wipe" | "disconnect"; readonly node: string }
  | { readonly type: "memory" | "disk-full"; readonly node: string }
  | { readonly type: "cpu"; readonly node: string; readonly cpus: number }
  | { readonly type: "clock"; readonly node: string; readonly offsetMs: number };

/** The part of a plan that decides what faults may do. */
export type ActionPlan = Pick<
  Plan,
  "w" | "engine" | "writeBufferObjects" | "datacenters" | "clientsRoam" | "beyondBudget"
>;

export interface ActionParts {
  readonly plan: ActionPlan;
  readonly nodes: readonly string[];
  readonly random: SeededRandom;
}

/** A node under load needs several times as much. */
const CPUS_MIN = 0.05;
const CPUS_MAX = 0.15;
/** From what a lost time server does to what a wrong time zone does; far above what a question about the time takes. */
const CLOCK_OFFSET_MS_MIN = 5_000;
const CLOCK_OFFSET_MS_MAX = 3_600_000;

/** One action for each of the kinds, in their order. Throws RangeError where one would exceed the fault budget. */
export function drawActions(
  parts: ActionParts,
  kinds: readonly FaultKind[],
): readonly { readonly kind: FaultKind; readonly action: FaultAction }[] {
  const { plan, nodes, random } = parts;
  const lost: DataEvent[] = [];
  let closedNext = random.float() < 0.5;
  return kinds.map((kind) => {
    if (kind === "datacenter" || isGrudgeShape(kind)) {
      const nodeGrudge = grudgeOf(kind, parts);
      const cut = plan.clientsRoam ? nodeGrudge : withHomeClients(nodeGrudge);
      if (kind === "one-way") return { kind, action: cutAction(cut, "black-hole") };
      const method = closedNext ? "closed" : "black-hole";
      closedNext = !closedNext;
      const { datacenter } = nodeGrudge;
      const action = cutAction(cut, method);
      return { kind, action: datacenter === undefined ? action : { ...action, datacenter } };
    }
    if (kind === "slow") return { kind, action: slowAction(nodes, random) };
    if (!destroysData(kind, plan)) {
      return { kind, action: nodeAction(kind, random.pick(nodes), random) };
    }
    const node = destroyedNode(parts, kind, lost);
    lost.push({ node, what: "destroyed" });
    return { kind, action: nodeAction(kind, node, random) };
  });
}

function grudgeOf(
  kind: GrudgeShape | "datacenter",
  { plan, nodes, random }: ActionParts,
): Grudge & { readonly datacenter?: string } {
  if (kind === "datacenter") return datacenterGrudge(plan.datacenters, nodes, random);
  return grudge(kind, nodes, random);
}

function cutAction(cut: Grudge, method: "black-hole" | "closed"): FaultAction {
  return { type: "cut", method, links: cut.links, sides: cut.sides };
}

/** One node whose links are slow in both directions: past the hedge, well within the deadline of a request. */
function slowAction(nodes: readonly string[], random: SeededRandom): FaultAction {
  const slow = random.pick(nodes);
  const others = nodes.filter((node) => node !== slow);
  const links = others.flatMap((node) => [
    { from: slow, to: node },
    { from: node, to: slow },
  ]);
  return {
    type: "slow",
    links,
    latencyMs: Math.round(between(random, 80, 140)),
    jitterMs: Math.round(between(random, 5, 20)),
  };
}

function nodeAction(
  kind: Exclude<FaultAction["type"], "cut" | "slow">,
  node: string,
  random: SeededRandom,
): FaultAction {
  switch (kind) {
    case "cpu":
      return {
        type: kind,
        node,
        cpus: Math.round(between(random, CPUS_MIN, CPUS_MAX) * 100) / 100,
      };
    case "clock": {
      const sign = random.float() < 0.5 ? -1 : 1;
      const offsetMs = Math.round(between(random, CLOCK_OFFSET_MS_MIN, CLOCK_OFFSET_MS_MAX));
      return { type: kind, node, offsetMs: sign * offsetMs };
    }
    default:
      return { type: kind, node };
  }
}

function destroyedNode(
  { plan, nodes, random }: ActionParts,
  kind: FaultKind,
  lost: readonly DataEvent[],
): string {
  const candidates = plan.beyondBudget ? nodes : destructionCandidates(nodes, lost, plan.w);
  if (candidates.length === 0) {
    throw new RangeError(
      `Cannot schedule ${kind}: with W=${plan.w} and the ${plan.engine} engine it may destroy acknowledged writes (allow it with --beyond-budget)`,
    );
  }
  return random.pick(candidates);
}
