import { expect, test } from "vitest";
import { nodeId } from "../base/ids.ts";
import { durableSlot } from "./durable-slot.ts";
import { Placement } from "./placement.ts";

const nodes = ["a", "b", "c", "d", "e"].map(nodeId);

function chosen(down: readonly string[], draw: number): string | undefined {
  const isUp = (node: string): boolean => !down.includes(node);
  const placement = new Placement({ preferenceList: nodes, n: 3, sloppy: true, isUp });
  return durableSlot(placement, draw, isUp)?.primary;
}

test("durableSlot() chooses each of the N slots alike, whatever node serves it", () => {
  for (const down of [[], ["b"], ["a", "c"]]) {
    const counts = new Map<string, number>();
    for (let draw = 0; draw < 300; draw += 1) {
      const primary = chosen(down, draw) ?? "none";
      counts.set(primary, (counts.get(primary) ?? 0) + 1);
    }
    expect(Object.fromEntries(counts)).toEqual({ a: 100, b: 100, c: 100 });
  }
});

test("durableSlot() passes over a slot that nobody up serves, unless there is no other", () => {
  for (let draw = 0; draw < 9; draw += 1) {
    expect(chosen(["b", "d", "e"], draw)).not.toBe("b");
    expect(chosen(["a", "b", "d", "e"], draw)).toBe("c");
    expect(chosen(["a", "b", "c", "d", "e"], draw)).toBe(["a", "b", "c"][draw % 3]);
  }
});
