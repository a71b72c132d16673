import { describe, expect, it } from "vitest";
import { FakeCluster, fastClock } from "../nemesis/testing/fake-cluster.ts";
import { findSilentLinks } from "./inspect-links.ts";
import { settle } from "./settle.ts";

const NODES = ["n1", "n2", "n3", "n4"];
const WANTED = { keys: ["k1", "k2"], replicas: 3 };

function partsOf(cluster: FakeCluster, signal = new AbortController().signal) {
  return { cluster, clock: fastClock(), signal };
}

describe("settle()", () => {
  it("waits until the hints are delivered", async () => {
    let hints = 3;
    const cluster = new FakeCluster({ nodes: NODES, hints: () => Math.max(0, hints--) });
    const settling = await settle(partsOf(cluster), WANTED);
    expect(settling.quiesced).toBe(true);
    expect(settling.detail).toMatch(/^quiet after .* s, all replicas equal after .* s$/);
    expect(hints).toBeLessThan(0);
  });

  it("gives up after a bound and names what is still going on", async () => {
    const cluster = new FakeCluster({ nodes: NODES, hints: () => 7 });
    const settling = await settle(partsOf(cluster), WANTED);
    expect(settling.quiesced).toBe(false);
    expect(settling.detail).toMatch(/^not quiet after 6\d\.\d+ s: n1 keeps 7 hints$/);
  });

  it("stops waiting when the run is interrupted", async () => {
    const cluster = new FakeCluster({ nodes: NODES, hints: () => 7 });
    const settling = await settle(partsOf(cluster, AbortSignal.abort()), WANTED);
    expect(settling.detail).toContain("interrupted (n1 keeps 7 hints)");
  });

  it("counts keys with a copy too few, a copy too many, or different copies", async () => {
    const copies: Readonly<Record<string, readonly (string | null)[]>> = {
      equal: ["a", "a", "a", null],
      absent: [null, null, null, null],
      missing: ["a", "a", null, null],
      left: ["a", "a", "a", "a"],
      different: ["a", "b", "a", null],
    };
    const cluster = new FakeCluster({
      nodes: NODES,
      digest: (node, key) => copies[key]?.[NODES.indexOf(node)] ?? null,
    });
    const { detail } = await settle(partsOf(cluster), { keys: Object.keys(copies), replicas: 3 });
    expect(detail).toMatch(/3 of 5 keys differ between replicas after 5\.\d+ s$/);
  });
});

describe("findSilentLinks()", () => {
  it("names the links whose proxies carried no probe, and no others", async () => {
    const bypassed = ["n1~n2", "n1~n3"];
    const cluster = new FakeCluster({ nodes: NODES, bypassed });
    expect(await findSilentLinks(cluster, fastClock())).toEqual([
      { from: "n1", to: "n2" },
      { from: "n1", to: "n3" },
    ]);
    expect(await findSilentLinks(new FakeCluster({ nodes: NODES }), fastClock())).toEqual([]);
  });

  it("says nothing where nobody counts", async () => {
    const cluster = new FakeCluster({ nodes: NODES, bypassed: ["n1~n2"] });
    cluster.network.carriedBytes = async () => undefined;
    expect(await findSilentLinks(cluster, fastClock())).toEqual([]);
  });
});
