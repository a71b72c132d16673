import { describe, expect, it } from "vitest";
import { proxyPlaces } from "./proxy-places.ts";

const OPTIONS = {
  url: "http://t:8474",
  nodesHost: undefined,
  ports: "100-102",
  taken: new Set<number>(),
};

describe("proxyPlaces()", () => {
  it("gives each proxy a port that nobody has, reached by nodes and harness at the API's host", () => {
    const { listen, fromNodes, fromHarness } = proxyPlaces(["a~b", "b~a"], {
      ...OPTIONS,
      taken: new Set([101, 7_000]),
    });
    expect(["a~b", "b~a"].map(listen)).toEqual(["0.0.0.0:100", "0.0.0.0:102"]);
    expect(["a~b", "b~a"].map(fromNodes)).toEqual(["t:100", "t:102"]);
    expect(["a~b", "b~a"].map(fromHarness)).toEqual(["t:100", "t:102"]);
  });

  it("tells nodes the host at which they reach Toxiproxy", () => {
    const { fromNodes, fromHarness } = proxyPlaces(["a~b"], { ...OPTIONS, nodesHost: "t.inside" });
    expect([fromNodes("a~b"), fromHarness("a~b")]).toEqual(["t.inside:100", "t:100"]);
  });

  it.each(["127.0.0.1", "127.0.0.9", "localhost", "[::1]"])("listens nowhere but at %s", (host) => {
    const { listen } = proxyPlaces(["a~b"], { ...OPTIONS, nodesHost: host });
    expect(listen("a~b")).toBe(`${host}:100`);
  });

  it("refuses where too few ports are free", () => {
    const taken = new Set([100, 101, 102]);
    expect(() => proxyPlaces(["a~b"], { ...OPTIONS, taken })).toThrow(
      "Cannot place 1 proxies: of the ports 100-102 Toxiproxy has 0 free (--toxiproxy-ports)",
    );
  });
});
