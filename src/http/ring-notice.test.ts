import { expect, test } from "vitest";
import { ringTag } from "../protocol/ring-tag.ts";
import { ClusterWorld } from "./testing/cluster-world.ts";

test("D-6.4-3 a node names its ring to a client that names another, whatever it answers, and to nobody else", async () => {
  const world = await ClusterWorld.start(3);
  const own = ringTag(world.at("n1").node.ring().stamp);
  const told = async (method: string, path: string, ring?: string) => {
    const headers = ring === undefined ? {} : { "x-dynamo-ring": ring };
    const { status, headers: answered } = await world.request("n1", method, path, { headers });
    return [status, answered["x-dynamo-ring"]];
  };
  expect(await told("PUT", "/kv/k")).toEqual([204, undefined]);
  expect(await told("GET", "/kv/k", own)).toEqual([200, undefined]);
  expect(await told("GET", "/kv/k", "2-0123456789abcdef")).toEqual([200, own]);
  expect(await told("GET", "/kv/none", "nonsense")).toEqual([404, own]);
  expect(await told("DELETE", "/kv/k", "2-0123456789abcdef")).toEqual([428, own]);
});
