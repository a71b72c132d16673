import { describe, expect, test } from "vitest";
import { nodeId } from "../base/ids.ts";
import { ringFromTable } from "./partition-table.ts";
import type { Ring } from "./ring.ts";
import { ringUnderChange } from "./ring-under-change.ts";
import { hasSameOwners, hasSameReaders } from "./same-owners.ts";

const N = 2;

/** Of three ranges or more, each owned by the node of that letter. */
function ringOf(owners: string, epoch = 1): Ring {
  const nodes = [...new Set(owners)].map(nodeId);
  return ringFromTable({ clusterId: "c", epoch, nodes, owners: [...owners].map(nodeId) });
}

function under(ring: Ring, next: Ring): Ring {
  return ringUnderChange(ring, next, { epoch: ring.stamp.epoch, digest: "00000000000000ff" });
}

describe("of a range whose first two are a b, the owners are", () => {
  const before = ringOf("abcd");

  test.each([
    ["the same where others move", ringOf("abdc", 2), true, true],
    ["the same in another order", ringOf("bacd", 2), true, true],
    ["others where one of them is replaced", ringOf("adcb", 2), false, false],
    ["the same under a change that leaves them", under(before, ringOf("abdc", 2)), true, true],
    ["others under a change that replaces one", under(before, ringOf("adcb", 2)), true, false],
  ])("%s", (_, now, readers, owners) => {
    expect(hasSameReaders(before, now, 0, N)).toBe(readers);
    expect(hasSameOwners(before, now, 0, N)).toBe(owners);
    expect(hasSameOwners(now, before, 0, N)).toBe(owners);
  });

  test("others after a change than while it was open", () => {
    const next = ringOf("adcb", 2);
    expect(hasSameOwners(under(before, next), next, 0, N)).toBe(false);
  });
});
