import { describe, expect, test } from "vitest";
import type { NodeId } from "../base/ids.ts";
import { nodeId } from "../base/ids.ts";
import { issuerOf } from "./change.ts";
import type { ClusterState, MemberChange, PlannedChange } from "./planned-change.ts";
import { planChange, stateOf } from "./planned-change.ts";
import { lifeOf } from "./testing/change-arbitraries.ts";
import { memberOf } from "./testing/sites.ts";

const [A, B, X] = ["a", "b", "x"].map(nodeId) as [NodeId, NodeId, NodeId];
const MEMBERS = new Map([A, B].map((id) => [id, memberOf(id)]));
const LEAVE_B: MemberChange = {
  issuer: issuerOf(A, lifeOf(1)),
  number: 1,
  time: 1,
  what: { kind: "leave", node: B },
};

function stateWith(owners: readonly NodeId[]): ClusterState {
  return stateOf({ clusterId: "c", epoch: 1, nodes: [A, B], owners }, MEMBERS);
}

function planned(state: ClusterState, change: MemberChange, n: number): PlannedChange {
  const plan = planChange(state, change, n);
  if (typeof plan === "string") throw new Error(plan);
  return plan;
}

describe("planChange()", () => {
  test("has another digest for another table before, another change and another table after", () => {
    const state = stateWith([A, B, A, B]);
    const plan = planned(state, LEAVE_B, 1);
    // Other ranges have to be received, for the same table in the end.
    const other = planned(stateWith([B, A, B, A]), LEAVE_B, 1);
    expect(other.next.table).toEqual(plan.next.table);
    expect(other.receivers).not.toEqual(plan.receivers);
    const again = planned(state, { ...LEAVE_B, number: 2 }, 1);
    const join = planned(state, { ...LEAVE_B, what: { kind: "join", member: memberOf("x") } }, 1);
    const digests = [plan, other, again, join].map(({ digest }) => digest);
    expect(new Set(digests).size).toBe(4);
    expect(digests.every((digest) => /^[0-9a-f]{16}$/.test(digest))).toBe(true);
    expect(planned(state, LEAVE_B, 1).digest).toBe(plan.digest);
  });

  test("gives a newcomer ranges by its capacity", () => {
    const owners = Array.from({ length: 30 }, (_, range) => (range % 2 === 0 ? A : B));
    const member = memberOf("x", { capacity: 4 });
    const join: MemberChange = { ...LEAVE_B, what: { kind: "join", member } };
    const { next, receivers } = planned(stateWith(owners), join, 1);
    expect(receivers.get(X)).toHaveLength(20);
    expect(next.members.get(X)).toEqual(member);
  });
});
