import { expect, test } from "vitest";
import type { FaultRecord } from "../../nemesis/fault.ts";
import { phaseAt, phasesOf } from "./phases.ts";

const fault = (name: string, times: readonly [number, number, number, number]): FaultRecord => ({
  name,
  kind: "halves",
  links: [],
  nodes: [],
  sides: [],
  applyStartNs: times[0],
  appliedNs: times[1],
  healStartNs: times[2],
  healedNs: times[3],
  proof: { before: [], during: [], after: [], bit: true, reason: "" },
});

test("phasesOf() leaves out the time in which a fault comes and goes", () => {
  const phases = phasesOf([fault("b", [50, 52, 60, 63]), fault("a", [10, 12, 20, 25])], 100);
  expect(phases.map(({ name, startNs, endNs }) => [name, startNs, endNs])).toEqual([
    ["healthy", 0, 10],
    ["a", 12, 20],
    ["healthy", 25, 50],
    ["b", 52, 60],
    ["healthy", 63, 100],
  ]);
  const at = [0, 9, 10, 11, 12, 19, 20, 24, 25, 59, 62, 99, 100].map((t) => phaseAt(phases, t));
  expect(at).toEqual([
    ...["healthy", "healthy", undefined, undefined, "a", "a", undefined, undefined],
    ...["healthy", "b", undefined, "healthy", undefined],
  ]);
});

test("phasesOf() without faults is one healthy phase", () => {
  expect(phasesOf([], 7)).toEqual([{ name: "healthy", startNs: 0, endNs: 7 }]);
  expect(phaseAt([], 3)).toBeUndefined();
});
