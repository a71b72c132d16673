import { expect, test } from "vitest";
import { nodeId } from "../base/ids.ts";
import { ringFromTable } from "./partition-table.ts";
import { ringUnderChange } from "./ring-under-change.ts";

const NODES = [..."ABCDEFG"].map(nodeId);
const TABLE = { clusterId: "figure 2", epoch: 1, nodes: NODES, owners: NODES };
const STAMP = { epoch: 1, digest: "00000000000000ff" };

test("D-4.9-4 the ring while a change is open keeps its owners, knows those to be, and has a stamp of its own", () => {
  const ring = ringFromTable(TABLE);
  const next = ringFromTable({ ...TABLE, epoch: 2, owners: [...NODES].reverse() });
  const changing = ringUnderChange(ring, next, STAMP);
  expect(ring.next).toBeUndefined();
  expect(changing.next).toBe(next);
  expect(changing.stamp).toEqual(STAMP);
  for (let partition = 0; partition < NODES.length; partition += 1) {
    expect(changing.preferenceListOf(partition)).toEqual(ring.preferenceListOf(partition));
  }
});

test("refuses tables of other numbers of ranges", () => {
  const wider = ringFromTable({ ...TABLE, owners: [...NODES, ...NODES] });
  expect(() => ringUnderChange(ringFromTable(TABLE), wider, STAMP)).toThrow(
    new RangeError("Cannot change a ring: it has 7 ranges, and the next one 14"),
  );
});
