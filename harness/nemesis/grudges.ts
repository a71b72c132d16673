/**
 * Grudges: who refuses to hear whom, as data.
 *
 * A grudge is a set of directed links over which the second end does not hear the first, and the sides it makes. The
 * shapes are Jepsen's (halves, one node alone, majorities ring, bridge), and one-way, which tools that drop packets on
 * input can do but do not ship. Each is a pure function of the node names and a source of chance, so that a seed
 * names the partition.
 */

import type { SeededRandom } from "../../src/base/seeded-random.ts";
import type { Link } from "./fault.ts";
import { clientGroup } from "./fault.ts";

export const GRUDGE_SHAPES = ["halves", "one", "ring", "bridge", "one-way"] as const;
export type GrudgeShape = (typeof GRUDGE_SHAPES)[number];

export interface Grudge {
  /** Links over which the second end does not hear the first. */
  readonly links: readonly Link[];
  /** Node names by side; one side with all where the shape makes none. */
  readonly sides: readonly (readonly string[])[];
}

/** With fewer nodes the shape would cut nothing, or be another one. */
export const GRUDGE_NODES_MIN: Readonly<Record<GrudgeShape, number>> = {
  halves: 2,
  one: 2,
  ring: 4,
  bridge: 3,
  "one-way": 2,
};

export function isGrudgeShape(kind: string): kind is GrudgeShape {
  return GRUDGE_SHAPES.some((shape) => shape === kind);
}

/** Throws RangeError where there are too few nodes for the shape. */
export function grudge(shape: GrudgeShape, nodes: readonly string[], random: SeededRandom): Grudge {
  const nodesMin = GRUDGE_NODES_MIN[shape];
  if (nodes.length < nodesMin) {
    throw new RangeError(
      `Cannot make the partition ${shape}: it needs at least ${nodesMin} nodes, there are ${nodes.length}`,
    );
  }
  const order = random.shuffle(nodes);
  switch (shape) {
    case "halves":
      return bothWays(halvesOf(order));
    case "one":
      return bothWays([order.slice(0, 1), order.slice(1)]);
    case "ring":
      return ring(order);
    case "bridge":
      return bridge(order);
    case "one-way":
      return oneWay(order, random);
  }
}

/**
 * The same cut for the clients of each home node: what a node cannot say or hear, its clients cannot either. So clients
 * stay on their node's side. Clients that roam are left alone.
 */
export function withHomeClients(nodeGrudge: Grudge): Grudge {
  const clientLinks = nodeGrudge.links.flatMap(({ from, to }) => [
    { from: clientGroup(from), to },
    { from, to: clientGroup(to) },
  ]);
  return { links: [...nodeGrudge.links, ...clientLinks], sides: nodeGrudge.sides };
}

/** The smaller half first. */
function halvesOf(order: readonly string[]): readonly (readonly string[])[] {
  const half = Math.floor(order.length / 2);
  return [order.slice(0, half), order.slice(half)];
}

/** Nobody hears anybody on another side. */
export function bothWays(sides: readonly (readonly string[])[]): Grudge {
  const links = sides.flatMap((side) =>
    sides.filter((other) => other !== side).flatMap((other) => crossing(side, other)),
  );
  return { links, sides };
}

/**
 * Every node hears a majority, no two the same one: neighbours on a circle, up to the distance that gives a majority.
 */
function ring(order: readonly string[]): Grudge {
  const count = order.length;
  const majority = Math.floor(count / 2) + 1;
  const reach = Math.ceil((majority - 1) / 2);
  const links = order.flatMap((from, start) =>
    order
      .filter((_to, end) => {
        const apart = Math.abs(start - end);
        return Math.min(apart, count - apart) > reach;
      })
      .map((to) => ({ from, to })),
  );
  return { links, sides: [order] };
}

/** Two halves that do not hear each other, and one node between that hears and is heard by both. */
function bridge(order: readonly string[]): Grudge {
  const [left = [], right = []] = halvesOf(order.slice(1));
  const { links } = bothWays([left, right]);
  return { links, sides: [left, order.slice(0, 1), right] };
}

/** One half, the smaller or the larger by chance, is not heard by the other, which it still hears. */
function oneWay(order: readonly string[], random: SeededRandom): Grudge {
  const sides = halvesOf(order);
  const mute = random.pick(sides);
  const links = sides.filter((side) => side !== mute).flatMap((other) => crossing(mute, other));
  return { links, sides };
}

function crossing(from: readonly string[], to: readonly string[]): readonly Link[] {
  return from.flatMap((source) => to.map((target) => ({ from: source, to: target })));
}
