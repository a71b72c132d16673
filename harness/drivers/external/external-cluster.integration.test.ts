/** Real nodes that somebody else has started, with and without a real embedded Toxiproxy beside them. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createHttpCaller } from "../../../src/platform/http-client.ts";
import { createNodeClock } from "../../../src/platform/node-clock.ts";
import { describeClusterContract } from "../../cluster/testing/cluster-suite.ts";
import type { EmbeddedToxiproxy } from "../../toxiproxy/spawn.ts";
import { startEmbeddedToxiproxy } from "../../toxiproxy/spawn.ts";
import { startExternalCluster } from "./external-cluster.ts";
import type { NodeChildren } from "./testing/node-children.ts";
import { startNodeChildren } from "./testing/node-children.ts";

const NAMES = ["n1", "n2", "n3"];
const FACTS = {
  n: 3,
  r: 2,
  w: 2,
  partitions: 64,
  quorum: "sloppy",
  versioning: "dvvset",
  engine: "memory",
} as const;

const http = createHttpCaller();
let nodes: NodeChildren;
let toxiproxy: EmbeddedToxiproxy;

beforeAll(async () => {
  [nodes, toxiproxy] = await Promise.all([
    startNodeChildren({ clusterId: "found", names: NAMES }),
    startEmbeddedToxiproxy(),
  ]);
});

afterAll(async () => {
  await Promise.all([nodes.stop(), toxiproxy.stop()]);
  http.close();
});

let runs = 0;

function start({
  proxied = true,
  targets = nodes.urls,
  toxiproxyPorts = "21000-21099",
}: {
  readonly proxied?: boolean;
  readonly targets?: readonly string[];
  readonly toxiproxyPorts?: string;
} = {}) {
  runs += 1;
  return startExternalCluster({
    plan: {
      ...FACTS,
      external: { targets, toxiproxyPorts },
      toxiproxyUrl: proxied ? toxiproxy.url : undefined,
    },
    run: `run-${runs}`,
    onFailure: (error) => {
      throw error;
    },
  });
}

/** Proxies in Toxiproxy and routes in nodes. */
async function leftovers(): Promise<readonly string[]> {
  const proxies = (await (await fetch(`${toxiproxy.url}/proxies`)).json()) as object;
  const tables = await Promise.all(
    nodes.urls.map(async (url) => {
      const { routes } = (await (await fetch(`${url}/admin/routes`)).json()) as { routes: object };
      return Object.entries(routes).map(([peer, address]) => `${url}: ${peer} at ${address}`);
    }),
  );
  return [...Object.keys(proxies).map((name) => `proxy ${name}`), ...tables.flat()];
}

const AROUND = {
  clock: createNodeClock(),
  http,
  drive: <T>(promise: Promise<T>) => promise,
  leftovers,
};

describeClusterContract("startExternalCluster() with Toxiproxy", {
  storesData: true,
  powers: ["network"],
  stopsNodes: false,
  start: async () => ({ ...AROUND, cluster: await start() }),
});

describeClusterContract("startExternalCluster() without Toxiproxy", {
  storesData: true,
  powers: [],
  stopsNodes: false,
  start: async () => ({ ...AROUND, cluster: await start({ proxied: false }) }),
});

describe("startExternalCluster()", () => {
  it("leads every link through a proxy, and takes over what a killed run has left", async () => {
    await start();
    const left = await leftovers();
    expect(left.filter((each) => each.startsWith("proxy"))).toHaveLength(3 * 2 + 3 * 3);
    expect(left.filter((each) => each.includes(" at 127.0.0.1:210"))).toHaveLength(3 * 2);

    const second = await start();
    await second.network?.apply([{ from: "n1", to: "n2" }], { kind: "black-hole" });
    expect(await second.probe("n1", "n2")).toMatchObject({ answered: false });
    await second.stop();
    expect(await leftovers()).toEqual([]);
    await expect
      .poll(() => second.probe("n1", "n2"), { timeout: 5_000 })
      .toMatchObject({ answered: true });
  });

  it("leaves nothing behind where nodes do not come to reach each other", async () => {
    const plan = {
      ...FACTS,
      external: { targets: nodes.urls, toxiproxyHost: "nowhere.invalid" },
      toxiproxyUrl: toxiproxy.url,
    };
    const starting = startExternalCluster({ plan, run: "run-lost", onFailure: () => {} });
    await expect(starting).rejects.toThrow(
      /did not reach n\d within .* do the nodes reach Toxiproxy at nowhere\.invalid \(--toxiproxy-host\)/,
    );
    expect(await leftovers()).toEqual([]);
  });

  it("refuses a plan that says something else of the cluster", async () => {
    const plan = { ...FACTS, w: 1, external: { targets: nodes.urls }, toxiproxyUrl: undefined };
    await expect(
      startExternalCluster({ plan, run: "run-other", onFailure: () => {} }),
    ).rejects.toThrow("Cannot run the plan: the cluster has w 2, the plan says 1");
  });

  it("refuses faults where the nodes cannot probe, and touches nothing", async () => {
    const deaf = await startNodeChildren({ clusterId: "deaf", names: NAMES, testFaults: false });
    try {
      await expect(start({ targets: deaf.urls })).rejects.toThrow(
        "Cannot inject faults: n1, n2, n3 cannot probe",
      );
      const cluster = await start({ targets: deaf.urls, proxied: false });
      expect(await cluster.status("n2")).toMatchObject({ nodeId: "n2", ready: true });
      expect(await leftovers()).toEqual([]);
    } finally {
      await deaf.stop();
    }
  });
});
