import type { SeededRandom } from "../../src/base/seeded-random.ts";
import { clientLinks } from "../cluster/node-names.ts";
import type { SimFault, SimFaultKind } from "../drivers/sim/world-plan.ts";
import { datacenterGrudge } from "../nemesis/datacenters.ts";
import type { Link } from "../nemesis/fault.ts";
import { GRUDGE_NODES_MIN, GRUDGE_SHAPES, grudge, withHomeClients } from "../nemesis/grudges.ts";
import { pairsOf } from "../nemesis/probes.ts";
import type { Plan } from "../run/plan.ts";
import { chance, magnitudeBetween, someOf, wholeBetween } from "./chance.ts";

export type LinkPattern =
  | "partition"
  | "one-way-link"
  | "slow"
  | "clog"
  | "bandwidth"
  | "reset"
  | "swizzle"
  | "datacenter";

export const LINK_PATTERNS: Readonly<Record<LinkPattern, SimFaultKind>> = {
  partition: "cut",
  "one-way-link": "cut",
  slow: "slow",
  clog: "clog",
  bandwidth: "bandwidth",
  reset: "reset",
  swizzle: "clog",
  datacenter: "datacenter",
};

interface LinkDraw {
  readonly nodes: readonly string[];
  readonly run: Pick<Plan, "clientsRoam" | "datacenters">;
}

/** The faults that one occurrence of a pattern is made of; none where there are too few nodes for it. */
export function drawLinkFaults(
  random: SeededRandom,
  pattern: LinkPattern,
  span: { readonly startMs: number; readonly endMs: number },
  { nodes, run }: LinkDraw,
): readonly SimFault[] {
  switch (pattern) {
    case "partition":
      return drawPartition(random, span, nodes, run.clientsRoam);
    case "one-way-link": {
      const links = [random.pick([...pairsOf(nodes), ...clientLinks(nodes)])];
      return [{ kind: "cut", ...span, method: "black-hole", links }];
    }
    case "slow": {
      const latencyMs = magnitudeBetween(random, 5, 1_000);
      const jitterMs = wholeBetween(random, 0, Math.floor(latencyMs / 2));
      return [{ kind: "slow", ...span, links: drawLinks(random, nodes), latencyMs, jitterMs }];
    }
    case "clog":
      return [{ kind: "clog", ...span, links: drawLinks(random, nodes) }];
    case "bandwidth": {
      const bytesPerSecond = magnitudeBetween(random, 1_000, 1_000_000);
      return [{ kind: "bandwidth", ...span, links: drawLinks(random, nodes), bytesPerSecond }];
    }
    case "reset":
      return [{ kind: "reset", startMs: span.startMs, links: drawLinks(random, nodes) }];
    case "swizzle":
      return drawSwizzle(random, span, nodes);
    case "datacenter":
      return drawDatacenter(random, span, nodes, run);
  }
}

function drawPartition(
  random: SeededRandom,
  span: { readonly startMs: number; readonly endMs: number },
  nodes: readonly string[],
  clientsRoam: boolean,
): readonly SimFault[] {
  const shapes = GRUDGE_SHAPES.filter((shape) => GRUDGE_NODES_MIN[shape] <= nodes.length);
  if (shapes.length === 0) return [];
  const shape = random.pick(shapes);
  const nodeGrudge = grudge(shape, nodes, random);
  const { links } = clientsRoam ? nodeGrudge : withHomeClients(nodeGrudge);
  // A closed connection is closed for both ends, so it can cut no single direction.
  const closed = chance(random, 0.5) && shape !== "one-way";
  return [{ kind: "cut", ...span, method: closed ? "closed" : "black-hole", links }];
}

/** None where nodes have no datacenters. */
function drawDatacenter(
  random: SeededRandom,
  span: { readonly startMs: number; readonly endMs: number },
  nodes: readonly string[],
  { clientsRoam, datacenters }: LinkDraw["run"],
): readonly SimFault[] {
  if (datacenters === undefined) return [];
  const whole = datacenterGrudge(datacenters, nodes, random);
  const { links } = clientsRoam ? whole : withHomeClients(whole);
  const method = chance(random, 0.5) ? "closed" : "black-hole";
  return [{ kind: "datacenter", ...span, datacenter: whole.datacenter, method, links }];
}

/**
 * FoundationDB's swizzle: some links are clogged one after another and opened again in another order, so that every
 * mixture of open and closed comes up on the way.
 */
function drawSwizzle(
  random: SeededRandom,
  { startMs, endMs }: { readonly startMs: number; readonly endMs: number },
  nodes: readonly string[],
): readonly SimFault[] {
  const ends = random.shuffle(someOf(random, nodes, 1));
  const opened = random.shuffle(ends);
  const stepMs = (endMs - startMs) / (2 * ends.length);
  return ends.map((node, at) => ({
    kind: "clog",
    startMs: Math.floor(startMs + at * stepMs),
    endMs: Math.ceil(endMs - opened.indexOf(node) * stepMs),
    links: linksOf(node, nodes),
  }));
}

/** One link, all links of one node, or any subset. */
function drawLinks(random: SeededRandom, nodes: readonly string[]): readonly Link[] {
  const all = [...pairsOf(nodes), ...clientLinks(nodes)];
  const how = random.integer(3);
  if (how === 0) return [random.pick(all)];
  if (how === 1) return linksOf(random.pick(nodes), nodes);
  return someOf(random, all, 1);
}

/** Every link that begins or ends at this node, those of clients included. */
function linksOf(node: string, nodes: readonly string[]): readonly Link[] {
  const touches = ({ from, to }: Link) => from === node || to === node;
  return [...pairsOf(nodes), ...clientLinks(nodes)].filter(touches);
}
