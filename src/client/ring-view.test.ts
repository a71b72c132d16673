import { describe, expect, test } from "vitest";
import { utf8Bytes } from "../base/bytes.ts";
import { nodeId } from "../base/ids.ts";
import type { DatacenterPlacement } from "../ring/datacenter-placement.ts";
import { placementFile } from "../ring/datacenter-placement.ts";
import { createRing } from "../ring/partition-table.ts";
import type { Ring } from "../ring/ring.ts";
import { readRing } from "./ring-view.ts";

const IDS = ["n1", "n2", "n3", "n4", "n5", "n6"].map(nodeId);
const PLACEMENT: DatacenterPlacement = {
  n: 3,
  datacenterOf: new Map(IDS.map((id, at) => [id, at < 3 ? "east" : "west"])),
  replicas: new Map([
    ["east", 2],
    ["west", 1],
  ]),
};
const CLUSTER = { clusterId: "test", nodes: IDS, partitionCount: 64 };
const OPTIONS = { nodeUrls: {}, endpoints: ["http://balancer:8000"] };

/** As a node answers `GET /admin/ring`. */
function answer({ stamp, nodes, owners, placement }: Ring, but: object = {}): Uint8Array {
  const members = IDS.map((id) => ({ id, clientUrl: `http://${id}:8000` }));
  const placed = placement === undefined ? {} : { placement: placementFile(placement) };
  const table = { ...stamp, clusterId: CLUSTER.clusterId, nodes, members, owners, ...placed };
  return utf8Bytes(JSON.stringify({ ...table, ...but }));
}

describe("readRing()", () => {
  test.each([
    ["without datacenters", undefined],
    ["with datacenters", PLACEMENT],
  ])("asks the nodes of a key in the order of its preference list, %s", (_, placement) => {
    const ring = createRing({ ...CLUSTER, placement });
    const view = readRing(answer(ring), OPTIONS);
    for (let number = 0; number < 200; number += 1) {
      const key = utf8Bytes(`key ${number}`);
      const nodes = ring.preferenceList(key).map((id) => `http://${id}:8000`);
      expect(view.endpointsOf(key)).toEqual([...nodes, ...OPTIONS.endpoints]);
    }
  });

  test("asks no node whose URL is under TLS, which nothing here speaks", () => {
    const members = IDS.map((id, at) => ({ id, clientUrl: `http${at === 0 ? "s" : ""}://${id}` }));
    const view = readRing(answer(createRing(CLUSTER), { members }), OPTIONS);
    const asked = IDS.slice(1).map((id) => `http://${id}`);
    expect(view.endpoints).toEqual([...asked, ...OPTIONS.endpoints]);
  });

  test("refuses a table that nodes lay out in another way", () => {
    const ring = createRing({ ...CLUSTER, placement: PLACEMENT });
    expect(() => readRing(answer(ring, { placement: undefined }), OPTIONS)).toThrow(
      "it is laid out in a way unknown here",
    );
  });

  test.each([{ epoch: "1" }, { members: undefined }, { owners: undefined }, { placement: 7 }])(
    "refuses %o",
    (but) => {
      const ring = createRing({ ...CLUSTER, placement: PLACEMENT });
      expect(() => readRing(answer(ring, but), OPTIONS)).toThrow(/^Cannot (read|use)/);
    },
  );
});
