import { describe, expect, it } from "vitest";
import type { BoundedResponse, SendBounded } from "../node-api.ts";
import { surveyTargets, TargetsError } from "./survey.ts";

const MEMBERS = ["n1", "n2", "n3"].map((id) => ({ id, address: `${id}.inside:7000` }));
const URLS = ["http://a:1", "http://b:2", "http://c:3"];

/** What a node answers; `status` and `ring` replace fields of the two answers. */
interface Told {
  readonly status?: object;
  readonly ring?: object;
  readonly answer?: BoundedResponse;
}

/** Nodes n1, n2, n3 at the three URLs; `told` changes what the one at an index says. */
function nodes(told: Readonly<Record<number, Told>> = {}): SendBounded {
  return async ({ url }) => {
    const at = URLS.findIndex((each) => url.startsWith(`${each}/`));
    if (at < 0) throw new Error(`Cannot ask GET ${url}: connect ECONNREFUSED`);
    const { status, ring, answer } = told[at] ?? {};
    if (answer !== undefined) return answer;
    const body = url.endsWith("/admin/status")
      ? {
          nodeId: `n${at + 1}`,
          clusterId: "found",
          ready: true,
          testFaults: at > 0,
          n: 3,
          r: 2,
          w: 2,
          quorum: "strict",
          versioning: "merged",
          engine: "lmdb",
          hints: 0,
          ...status,
        }
      : { epoch: 1, digest: "d1", partitionCount: 64, members: MEMBERS, ...ring };
    return { status: 200, body: JSON.stringify(body) };
  };
}

describe("surveyTargets()", () => {
  it("tells what the nodes say, in the order of the targets", async () => {
    const [a, b, c] = URLS;
    expect(await surveyTargets([c ?? "", a ?? "", b ?? ""], nodes())).toEqual({
      clusterId: "found",
      nodes: [
        { name: "n3", url: c, rpcAddress: "n3.inside:7000" },
        { name: "n1", url: a, rpcAddress: "n1.inside:7000" },
        { name: "n2", url: b, rpcAddress: "n2.inside:7000" },
      ],
      facts: {
        n: 3,
        r: 2,
        w: 2,
        partitions: 64,
        quorum: "strict",
        versioning: "merged",
        engine: "lmdb",
      },
      withoutTestFaults: ["n1"],
    });
  });

  it.each<[string, Readonly<Record<number, Told>>, string]>([
    [
      "another cluster",
      { 1: { status: { clusterId: "other" } } },
      "http://a:1 belongs to cluster found, http://b:2 to other",
    ],
    [
      "one node twice",
      { 2: { status: { nodeId: "n1" } } },
      "http://a:1 and http://c:3 are both node n1",
    ],
    ["nodes that differ", { 1: { status: { w: 1 } } }, "n1 has w 2, n2 has 1"],
    ["rings that differ", { 2: { ring: { digest: "d2" } } }, "n1 has the ring d1, n3 has d2"],
    [
      "a page",
      { 0: { answer: { status: 200, body: "<p>" } } },
      "http://a:1: it is no Ringside node",
    ],
    ["a list", { 0: { answer: { status: 200, body: "null" } } }, "it is no Ringside node"],
    [
      "another server",
      { 1: { answer: { status: 404, body: "{}" } } },
      "http://b:2: it is no Ringside node, or one of another version (it answered GET /admin/status with 404)",
    ],
    [
      "an older node",
      { 1: { status: { testFaults: undefined } } },
      "it does not tell its testFaults",
    ],
    ["an older ring", { 1: { ring: { members: ["n1"] } } }, "it does not tell its members"],
  ])("refuses %s in one line", async (_, told, message) => {
    const refusal = await surveyTargets(URLS, nodes(told)).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(TargetsError);
    expect(String(refusal)).toContain(message);
    expect(String(refusal)).not.toContain("\n");
  });

  it("refuses a part of a cluster", async () => {
    await expect(surveyTargets(URLS.slice(1), nodes())).rejects.toThrow(
      "Cannot use the targets: the cluster has 3 nodes, and they lack n1",
    );
  });

  it("fails where a target does not answer or does not serve, which no flag puts right", async () => {
    const unreached = surveyTargets([...URLS, "http://d:4"], nodes());
    await expect(unreached).rejects.toThrow("Cannot ask GET http://d:4/admin/status: connect");
    await expect(unreached).rejects.not.toBeInstanceOf(TargetsError);
    const idle = surveyTargets(URLS, nodes({ 1: { status: { ready: false } } }));
    await expect(idle).rejects.toThrow("Cannot use the target http://b:2: node n2 is not ready");
    await expect(idle).rejects.not.toBeInstanceOf(TargetsError);
  });
});
