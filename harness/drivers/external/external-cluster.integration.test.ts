/** Real nodes that somebody else has started, with and without a real embedded Toxiproxy beside them. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createHttpCaller } from "../../../src/platform/http-client.ts";
import { createNodeClock } from "../../../src/platform/node-clock.ts";
import { describeClusterContract } from "../../cluster/testing/cluster-suite.ts";
import type { Plan } from "../../run/plan.ts";
import type { EmbeddedToxiproxy } from "../../toxiproxy/spawn.ts";
import { startEmbeddedToxiproxy } from "../../toxiproxy/spawn.ts";
import { SMALL_PLAN } from "../testing/small-plan.ts";
import { startExternalCluster } from "./external-cluster.ts";
import type { NodeChildren } from "./testing/node-children.ts";
import { startNodeChildren } from "./testing/node-children.ts";

const NAMES = ["n1", "n2", "n3"];
const PLAN = { ...SMALL_PLAN, nemesis: ["clock"] } as const;

/** All nodes are on this machine. */
const CLOCK_TOLERANCE_MS = 10_000;

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
  nemesis = PLAN.nemesis,
  onFailure = (error) => {
    throw error;
  },
}: {
  readonly nemesis?: Plan["nemesis"];
  readonly proxied?: boolean;
  readonly targets?: readonly string[];
  readonly toxiproxyPorts?: string;
  readonly onFailure?: (error: Error) => void;
} = {}) {
  runs += 1;
  return startExternalCluster({
    plan: {
      ...PLAN,
      nemesis,
      external: { targets, toxiproxyPorts },
      toxiproxyUrl: proxied ? toxiproxy.url : undefined,
    },
    run: `run-${runs}`,
    onFailure,
  });
}

/** Proxies in Toxiproxy, routes in nodes, and clocks that are off. */
async function leftovers(): Promise<readonly string[]> {
  const proxies = (await (await fetch(`${toxiproxy.url}/proxies`)).json()) as object;
  const tables = await Promise.all(
    nodes.urls.map(async (url) => {
      const { routes } = (await (await fetch(`${url}/admin/routes`)).json()) as { routes: object };
      const { wallMs } = (await (await fetch(`${url}/admin/status`)).json()) as { wallMs: number };
      return [
        ...Object.entries(routes).map(([peer, address]) => `${url}: ${peer} at ${address}`),
        ...(Math.abs(wallMs - Date.now()) > CLOCK_TOLERANCE_MS ? [`${url}: clock off`] : []),
      ];
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
  driver: "external",
  storesData: true,
  powers: ["network", "clocks"],
  stopsNodes: false,
  start: async () => ({ ...AROUND, cluster: await start() }),
});

describeClusterContract("startExternalCluster() without Toxiproxy", {
  driver: "external",
  storesData: true,
  powers: ["clocks"],
  stopsNodes: false,
  start: async () => ({ ...AROUND, cluster: await start({ proxied: false }) }),
});

describe("startExternalCluster()", () => {
  it("leads every link through a proxy, and takes over what a killed run has left", async () => {
    // As a harness that is killed in the middle of a fault; what it would say of the end of Toxiproxy nobody hears.
    await start({ onFailure: () => {} });
    const offset = { method: "POST", body: JSON.stringify({ offsetMs: 3_600_000 }) };
    await fetch(`${nodes.urls[1]}/admin/clock`, offset);
    const left = await leftovers();
    expect(left).toContain(`${nodes.urls[1]}: clock off`);
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
      ...PLAN,
      external: { targets: nodes.urls, toxiproxyHost: "nowhere.invalid" },
      toxiproxyUrl: toxiproxy.url,
    };
    const options = { plan, run: "run-lost", linkTimeoutMs: 1_000, onFailure: () => {} };
    const starting = startExternalCluster(options);
    await expect(starting).rejects.toThrow(
      /did not reach n\d within 1000 ms .* do the nodes reach Toxiproxy at nowhere\.invalid \(--toxiproxy-host\)/,
    );
    expect(await leftovers()).toEqual([]);
  });

  it("refuses a plan that says something else of the cluster", async () => {
    const plan = { ...PLAN, w: 1, external: { targets: nodes.urls }, toxiproxyUrl: undefined };
    await expect(
      startExternalCluster({ plan, run: "run-other", onFailure: () => {} }),
    ).rejects.toThrow("Cannot run the plan: the cluster has w 2, the plan says 1");
  });

  it("refuses faults where the nodes cannot probe, and touches nothing", async () => {
    const deaf = await startNodeChildren({ clusterId: "deaf", names: NAMES, testFaults: false });
    try {
      for (const nemesis of [["clock"], ["halves"]] as const) {
        await expect(start({ targets: deaf.urls, nemesis })).rejects.toThrow(
          "Cannot inject faults: n1, n2, n3 was not started with testFaults",
        );
      }
      await expect(start({ targets: deaf.urls, nemesis: ["none"] })).rejects.toThrow(
        "without --toxiproxy",
      );
      const cluster = await start({ targets: deaf.urls, nemesis: ["none"], proxied: false });
      expect(await cluster.status("n2")).toMatchObject({ nodeId: "n2", ready: true });
      expect(await leftovers()).toEqual([]);
    } finally {
      await deaf.stop();
    }
  });
});
