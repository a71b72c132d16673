import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { NodeId } from "../base/ids.ts";
import { nodeId } from "../base/ids.ts";
import { Placement } from "./placement.ts";

const [A, B, C, D, E] = ["A", "B", "C", "D", "E"].map(nodeId) as [
  NodeId,
  NodeId,
  NodeId,
  NodeId,
  NodeId,
];
const LIST = [A, B, C, D, E];

function placement(
  down: readonly NodeId[],
  options: { sloppy?: boolean; coordinator?: NodeId } = {},
) {
  const { sloppy = true, coordinator } = options;
  return new Placement({
    preferenceList: LIST,
    n: 3,
    sloppy,
    isUp: (node) => !down.includes(node),
    ...(coordinator === undefined ? {} : { coordinator }),
  });
}

describe("Placement", () => {
  test("asksNoNodeForTwoSlots tells a node that serves two slots", () => {
    expect(placement([A]).asksNoNodeForTwoSlots).toBe(true);
    const broken = placement([]);
    broken.slots[2]?.ask(A);
    expect(broken.asksNoNodeForTwoSlots).toBe(false);
  });

  test("standInCount counts the primaries that have a fallback from the start", () => {
    expect(placement([]).standInCount).toBe(0);
    expect(placement([A, B]).standInCount).toBe(2);
    expect(placement([A, D, E]).standInCount).toBe(0);
  });

  test("asks the primaries while all are healthy", () => {
    expect(placement([]).sends()).toEqual([
      { node: A, hintFor: undefined },
      { node: B, hintFor: undefined },
      { node: C, hintFor: undefined },
    ]);
  });

  test("D-4.6-2 sends the copy of a primary that is down to D, with a hint naming A", () => {
    expect(placement([A]).sends()).toEqual([
      { node: D, hintFor: A },
      { node: B, hintFor: undefined },
      { node: C, hintFor: undefined },
    ]);
  });

  test("asks a primary believed down all the same when nobody can stand in", () => {
    expect(placement([A, D, E]).sends()[0]).toEqual({ node: A, hintFor: undefined });
  });

  test("strict quorum never asks a fallback", () => {
    const strict = placement([A, B], { sloppy: false });
    expect(strict.sends().map((send) => send.node)).toEqual([A, B, C]);
    expect(strict.slots.map((slot) => strict.replace(slot))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test("a coordinator down the list takes the slot of a primary that is down", () => {
    expect(placement([B], { coordinator: E }).sends()).toEqual([
      { node: A, hintFor: undefined },
      { node: E, hintFor: B },
      { node: C, hintFor: undefined },
    ]);
  });

  test("a coordinator down the list of healthy primaries stands beside the last one", () => {
    expect(placement([], { coordinator: D }).sends()).toEqual([
      { node: A, hintFor: undefined },
      { node: B, hintFor: undefined },
      { node: D, hintFor: C },
      { node: C, hintFor: undefined },
    ]);
  });

  test("D-4.5-3 asks N distinct nodes, the first healthy ones, whoever is down and whoever coordinates", () => {
    const anyDown = fc.subarray(LIST);
    const anyCoordinator = fc.option(fc.constantFrom(...LIST), { nil: undefined });
    fc.assert(
      fc.property(anyDown, anyCoordinator, (down, coordinator) => {
        const up = down.filter((node) => node !== coordinator);
        const chosen = placement(up, coordinator === undefined ? {} : { coordinator });
        const nodes = chosen.sends().map((send) => send.node);
        expect(new Set(nodes).size).toBe(nodes.length);
        expect(chosen.slots).toHaveLength(3);
        for (const slot of chosen.slots) expect(slot.asked.length).toBeGreaterThan(0);
        if (coordinator !== undefined) expect(nodes).toContain(coordinator);
        const healthy = LIST.filter((node) => !up.includes(node));
        if (coordinator === undefined && healthy.length >= 3) {
          expect(nodes.toSorted()).toEqual(healthy.slice(0, 3));
        }
      }),
    );
  });
});
