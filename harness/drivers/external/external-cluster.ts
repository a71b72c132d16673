/**
 * A cluster that the harness did not start and leaves running.
 *
 * Without a Toxiproxy it has no power at all: it is loaded and judged as it is. With one that both the harness and the
 * nodes reach, links have proxies there as in any cluster under test, and each node is told to dial its peers through them
 * (`POST /admin/routes`); at the end the nodes dial again as their configurations say. Processes, clocks and disks stay out of
 * reach.
 *
 * The names of the proxies come from the cluster's id, so that a run finds and removes what a killed one has left; two
 * runs on one cluster at a time would take each other's proxies away, and neither would come out valid.
 */

import { toHex, utf8Bytes } from "../../../src/base/bytes.ts";
import { sha256 } from "../../../src/base/hash.ts";
import type { Cluster } from "../../cluster/contract.ts";
import { linkName } from "../../cluster/contract.ts";
import type { Plan } from "../../run/plan.ts";
import type { ToxiproxyController } from "../../toxiproxy/controller.ts";
import { nodeApi } from "../node-api.ts";
import { boundedRequest } from "../processes/bounded-request.ts";
import { CleanUp } from "../processes/clean-up.ts";
import { LinkProxies } from "../processes/link-proxies.ts";
import { openProxies } from "../processes/open-proxies.ts";
import { waitUntilLinked } from "../wait-until-linked.ts";
import type { Wiring } from "../wiring.ts";
import { addressBook, lookUp, proxiesOf, routesOf, wiringBetween } from "../wiring.ts";
import { proxyPlaces } from "./proxy-places.ts";
import type { ClusterFacts, Survey } from "./survey.ts";
import { FACTS, surveyTargets } from "./survey.ts";

export interface ExternalClusterOptions {
  readonly plan: ClusterFacts & Pick<Plan, "external" | "toxiproxyUrl">;
  /** Unique among all runs: what keys begin with. */
  readonly run: string;
  /** Told when Toxiproxy stops answering. */
  readonly onFailure: (error: Error) => void;
}

/** Rejects with one line where the targets are not the plan's cluster; nothing is left changed then. */
export async function startExternalCluster(options: ExternalClusterOptions): Promise<Cluster> {
  const { plan, run } = options;
  const survey = await surveyTargets(plan.external?.targets ?? [], boundedRequest);
  checkFacts(plan, survey);
  const names = survey.nodes.map(({ name }) => name);
  const apiOf = lookUp(
    new Map(survey.nodes.map(({ name, url }) => [name, nodeApi(url, boundedRequest)])),
  );
  const cluster = {
    driver: "external",
    nodes: names,
    keyPrefix: `${run}/`,
    status: async (node: string) => apiOf(node).status(),
    probe: async (node: string, peer: string) => apiOf(node).probe(peer),
    replica: async (node: string, key: Uint8Array) => apiOf(node).replica(key),
    processes: undefined,
  } as const;
  if (plan.toxiproxyUrl === undefined) {
    const books = survey.nodes.map(({ name, url }) => {
      const clients = new Map(names.map((home) => [home, url]));
      return [name, { direct: url, clients }] as const;
    });
    return {
      ...cluster,
      toxiproxy: { kind: "none", version: "" },
      addresses: lookUp(new Map(books)),
      network: undefined,
      stop: async () => {},
    };
  }
  const cleanUp = new CleanUp();
  try {
    const parts = { survey, wiring: wiringBetween(names), apiOf };
    return {
      ...cluster,
      ...(await leadThroughProxies(options, plan.toxiproxyUrl, parts, cleanUp)),
    };
  } catch (error) {
    // What failed first is what is reported.
    await Promise.allSettled([cleanUp.run()]);
    throw error;
  }
}

/** What a cluster behind proxies has beyond one without. */
type Proxied = Pick<Cluster, "toxiproxy" | "addresses" | "network" | "stop">;

async function leadThroughProxies(
  { plan: { external }, onFailure }: ExternalClusterOptions,
  url: string,
  parts: {
    readonly survey: Survey;
    readonly wiring: Wiring;
    readonly apiOf: (node: string) => ReturnType<typeof nodeApi>;
  },
  cleanUp: CleanUp,
): Promise<Proxied> {
  const { survey, wiring, apiOf } = parts;
  const { links, clientLinks } = wiring;
  refuseWithoutTestFaults(survey);
  const { control, close } = await openProxies({
    url,
    address: "",
    run: `ringside-${toHex(sha256(utf8Bytes(survey.clusterId))).slice(0, 8)}`,
    onFailure,
  });
  cleanUp.add(close);
  cleanUp.add(() => control.removeAll());
  // Of a run that was killed.
  await control.removeAll();

  const places = proxyPlaces([...links, ...clientLinks].map(linkName), {
    url,
    nodesHost: external?.toxiproxyHost,
    ports: external?.toxiproxyPorts,
    taken: await control.listenPorts(),
  });
  const nodeOf = lookUp(new Map(survey.nodes.map((node) => [node.name, node])));
  const httpAddress = (node: string) => hostAndPort(nodeOf(node).url);
  await control.createProxies(
    proxiesOf(wiring, {
      listen: places.listen,
      rpcAddress: (node) => nodeOf(node).rpcAddress,
      httpAddress,
    }),
  );

  cleanUp.add(() => forEachNode(wiring.nodes, "take back", (node) => apiOf(node).restoreRoutes()));
  await forEachNode(wiring.nodes, "set", (node) =>
    apiOf(node).setRoutes(routesOf(wiring, node, places.fromNodes)),
  );
  await waitUntilLinked(links, apiOf).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `${reason}; do the nodes reach Toxiproxy at ${places.nodesHost} (--toxiproxy-host), and does it reach them?`,
      { cause: error },
    );
  });
  return {
    toxiproxy: await toxiproxyOf(control),
    addresses: addressBook(wiring, {
      proxyAddress: places.fromHarness,
      directAddress: httpAddress,
    }),
    network: new LinkProxies(control, { links: [...links, ...clientLinks], countedLinks: links }),
    stop: () => cleanUp.run(),
  };
}

async function toxiproxyOf(control: ToxiproxyController): Promise<Cluster["toxiproxy"]> {
  return { kind: control.kind, version: await control.version() };
}

/** Ends with every node, so that nothing is under way when the first failure is reported. */
async function forEachNode(
  nodes: readonly string[],
  verb: string,
  task: (node: string) => Promise<void>,
): Promise<void> {
  const results = await Promise.allSettled(nodes.map(task));
  for (const [index, result] of results.entries()) {
    if (result.status === "fulfilled") continue;
    const { reason } = result;
    throw new Error(
      `Cannot ${verb} the routes of ${nodes[index]}: ${reason instanceof Error ? reason.message : reason}`,
      { cause: reason },
    );
  }
}

function checkFacts(plan: ClusterFacts, { facts }: Survey): void {
  for (const name of FACTS) {
    if (plan[name] === facts[name]) continue;
    throw new Error(
      `Cannot run the plan: the cluster has ${name} ${facts[name]}, the plan says ${plan[name]}`,
    );
  }
}

function refuseWithoutTestFaults({ withoutTestFaults }: Survey): void {
  if (withoutTestFaults.length === 0) return;
  throw new Error(
    `Cannot inject faults: ${withoutTestFaults.join(", ")} cannot probe, since not started with testFaults; without --toxiproxy no fault is injected`,
  );
}

/** A URL leaves out the port 80. */
function hostAndPort(url: string): string {
  const { hostname, port } = new URL(url);
  return `${hostname}:${port || 80}`;
}
