import { describe, expect, test } from "vitest";
import { nodeId } from "../base/ids.ts";
import { createRing } from "../ring/partition-table.ts";
import { ConfigurationError } from "./checked-values.ts";
import { parseConfiguration } from "./parse-configuration.ts";
import { ringOptionsOf } from "./ring-options.ts";
import { WRITTEN_CONFIGURATION } from "./testing/written-configuration.ts";

type Described = { readonly datacenter?: unknown; readonly capacity?: unknown };

/** A written configuration of nodes n1, n2, ..., each with these fields besides. */
function written(members: readonly Described[], change: object = {}): unknown {
  return {
    ...WRITTEN_CONFIGURATION,
    members: members.map((each, at) => ({
      id: `n${at + 1}`,
      address: `127.0.0.1:${7_001 + at}`,
      ...each,
    })),
    ...change,
  };
}

const at = (...datacenters: readonly string[]) => datacenters.map((datacenter) => ({ datacenter }));
const FOUR = at("east", "east", "west", "west");

describe("parseConfiguration() of datacenters and capacities", () => {
  test("takes them, and a ring made of them has them", () => {
    const members = [{ datacenter: "east", capacity: 4 }, ...at("east", "west")];
    const replicasPerDatacenter = { east: 2, west: 1 };
    const configuration = parseConfiguration(written(members, { replicasPerDatacenter }));
    expect(configuration.members[0]).toMatchObject({ datacenter: "east", capacity: 4 });
    const { placement, owners } = createRing(ringOptionsOf(configuration));
    expect(placement?.replicas).toEqual(
      new Map([
        ["east", 2],
        ["west", 1],
      ]),
    );
    expect(placement?.datacenterOf.get(nodeId("n3"))).toBe("west");
    expect(owners.filter((owner) => owner === "n1").length).toBeGreaterThan(600);
  });

  test("a configuration without them gives the ring it gave before there were any", () => {
    const configuration = parseConfiguration(WRITTEN_CONFIGURATION);
    const ring = createRing(ringOptionsOf(configuration));
    const { clusterId, members, partitions: partitionCount } = configuration;
    const nodes = members.map(({ id }) => id);
    expect(ring.stamp).toEqual(createRing({ clusterId, nodes, partitionCount }).stamp);
    expect(ring.placement).toBeUndefined();
  });

  test.each<readonly [readonly Described[], object, string]>([
    [at("east", "a b"), {}, 'members[1].datacenter: "a b" is given, allowed is a text of 1 to 64'],
    [[{ datacenter: "east" }, {}], {}, "members: node n2 has no datacenter, and others have one"],
    [
      [{ capacity: 0 }, {}],
      {},
      "members[0].capacity: 0 is given, allowed is a whole number from 1",
    ],
    [[{ capacity: 1.5 }, {}], {}, "allowed is a whole number from 1 to 1000"],
    [[{}, {}], { replicasPerDatacenter: { east: 3 } }, "no member names a datacenter"],
    [FOUR, { replicasPerDatacenter: [2, 1] }, "an object of datacenter to number of replicas"],
    [FOUR, { replicasPerDatacenter: { east: "2" } }, 'replicasPerDatacenter.east: "2" is given'],
    [
      FOUR,
      { replicasPerDatacenter: { east: 3, west: 0 } },
      "3 replicas in datacenter east: allowed are 0 to 2, as many as it has nodes",
    ],
    [
      FOUR,
      { replicasPerDatacenter: { east: 1, west: 1 } },
      "2 replicas in all datacenters, and N is 3",
    ],
    [
      FOUR,
      { replicasPerDatacenter: { east: 2, west: 0, north: 1 } },
      "no node is in datacenter north, there are east, west",
    ],
    [FOUR, { n: 2, replicasPerDatacenter: { east: 2 } }, "datacenter west is missing"],
  ])("refuses %j with %j", (members, change, message) => {
    const configuration = written(members, change);
    expect(() => parseConfiguration(configuration)).toThrow(ConfigurationError);
    expect(() => parseConfiguration(configuration)).toThrow(message);
  });
});
