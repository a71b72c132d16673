/*
 * Aim: who stands in for a node of a datacenter is of that datacenter where somebody there is left (D-4.6-9). Method: one preference
 * list of six nodes in three places, any of them down.
 */
import { describe, expect, test } from "vitest";
import type { NodeId } from "../base/ids.ts";
import { nodeId } from "../base/ids.ts";
import { Placement } from "./placement.ts";

const LIST = ["e1", "w1", "n1", "w2", "e2", "n2"].map(nodeId);
const DATACENTERS = new Map(LIST.map((node) => [node, node.slice(0, 1)]));

function place(down: readonly string[], coordinator?: string) {
  return new Placement({
    preferenceList: LIST,
    n: 3,
    sloppy: true,
    isUp: (node: NodeId) => !down.includes(node),
    datacenterOf: DATACENTERS,
    ...(coordinator === undefined ? {} : { coordinator: nodeId(coordinator) }),
  });
}

/** `primary>stand-in` or the primary alone, for each slot. */
function served(placement: Placement): readonly string[] {
  return placement.sends().map(({ node, hintFor }) => (hintFor ? `${hintFor}>${node}` : node));
}

describe("Placement with datacenters", () => {
  test("D-4.6-9 a node of the same datacenter stands in, though others come first in the list", () => {
    expect(served(place(["n1"]))).toEqual(["e1", "w1", "n1>n2"]);
    expect(served(place(["e1", "n1"]))).toEqual(["e1>e2", "w1", "n1>n2"]);
  });

  test("D-4.6-9 where all of the datacenter is down, the next of the list does", () => {
    expect(served(place(["e1", "e2"]))).toEqual(["e1>w2", "w1", "n1"]);
    expect(served(place(["n1", "n2"]))).toEqual(["e1", "w1", "n1>w2"]);
  });

  test("a silent stand-in is replaced by one of the datacenter first, then by any, each once", () => {
    const placement = place([]);
    const [slot] = placement.slots;
    if (slot === undefined) throw new RangeError("Cannot find a slot");
    const next = () => placement.replace(slot)?.node;
    expect([next(), next(), next(), next()]).toEqual(["e2", "w2", "n2", undefined]);
  });

  test("a coordinator down the list takes the slot of its own datacenter among those that are down", () => {
    expect(served(place(["e1", "n1"], "n2"))).toEqual(["e1>e2", "w1", "n1>n2"]);
    expect(served(place(["e1"], "n2"))).toEqual(["e1>n2", "w1", "n1"]);
  });
});
