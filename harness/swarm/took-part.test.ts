import { describe, expect, test } from "vitest";
import type { Manifest, PartitionEntry } from "../../src/snapshot/manifest.ts";
import { TookPart } from "./took-part.ts";

const MANIFEST: Manifest = {
  format: "ringside-snapshot",
  version: 1,
  cluster: {
    clusterId: "c",
    nodes: ["n1", "n2", "n3"],
    n: 3,
    r: 2,
    w: 2,
    quorum: "strict",
    versioning: "dvvset",
    partitions: 1,
  },
  begunMs: 0,
  endedMs: 1,
  complete: false,
  partitions: [],
};

const PARTITION: PartitionEntry = {
  partition: 0,
  file: null,
  rows: 0,
  begunMs: 0,
  missing: ["n3"],
  coversFromW: 2,
};

const ALL = ["n1", "n2", "n3", "n4"];

function tookPart({
  asked = ["n1", "n2", "n3"],
  members = asked,
  complete = false,
}: {
  readonly asked?: readonly string[];
  readonly members?: readonly string[];
  readonly complete?: boolean;
}): TookPart {
  return new TookPart({ manifest: { ...MANIFEST, complete }, asked, members, machines: ALL });
}

describe("who took part in a snapshot", () => {
  test("misses a node that was asked and that the ring does not know", () => {
    expect(tookPart({ asked: ALL }).missingOf(PARTITION)).toStrictEqual(["n3", "n4"]);
    expect(tookPart({}).missingOf(PARTITION)).toStrictEqual(["n3"]);
  });

  test("misses, of all nodes, also those that nobody asked", () => {
    const absent = tookPart({ asked: ["n1", "n2"] }).absentOf({ ...PARTITION, missing: [] });
    expect(absent).toStrictEqual(["n3", "n4"]);
  });

  test("takes a partition at its word, and one of a whole snapshot at the cluster's W", () => {
    expect(tookPart({}).claimOf(PARTITION)).toBe(2);
    expect(tookPart({}).claimOf({ ...PARTITION, coversFromW: null })).toBeNull();
    expect(tookPart({ complete: true }).claimOf({ ...PARTITION, coversFromW: null })).toBe(2);
    expect(tookPart({ complete: true }).claimOf({ ...PARTITION, coversFromW: 3 })).toBe(2);
  });

  test("holds a snapshot to nothing that went by the ring of before because those that know of the next were silent", () => {
    const behind = { members: ALL, complete: true };
    expect(tookPart(behind).claimOf(PARTITION)).toBeNull();
    expect(tookPart(behind).claimOf({ ...PARTITION, missing: [] })).toBe(2);
    // Its URL was given: then it counts as missing, and the claim stands.
    expect(tookPart({ ...behind, asked: ALL }).claimOf(PARTITION)).toBe(2);
  });

  test("holds it to its claim where who was not asked is a node of its ring", () => {
    const members = ["n1", "n2", "n3"];
    expect(tookPart({ asked: ["n1", "n2"], members }).claimOf(PARTITION)).toBe(2);
  });
});
