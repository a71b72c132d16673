/**
 * A cluster of node processes on this machine, behind Toxiproxy.
 *
 * Every directed link `a~b` has a proxy between a's RPC connection and b's RPC listener, every client group `client-a~b` one
 * between the clients whose home is a and b's HTTP listener. The harness itself asks the nodes directly. Start goes from
 * the bottom up (ports, proxies, nodes, links) and, where a step fails, down again, so that a failed start leaves nothing
 * behind.
 */

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Addresses, Cluster } from "../../cluster/contract.ts";
import { linkName } from "../../cluster/contract.ts";
import type { Link } from "../../nemesis/fault.ts";
import { clientGroup } from "../../nemesis/grudges.ts";
import type { ToxiproxyController } from "../../toxiproxy/controller.ts";
import type { NodeApi } from "../node-api.ts";
import { nodeApi } from "../node-api.ts";
import type { ClusterPlan, NodePlace } from "../node-configuration-file.ts";
import { nodeConfigurationFile } from "../node-configuration-file.ts";
import { boundedRequest } from "./bounded-request.ts";
import { CleanUp } from "./clean-up.ts";
import { LOOPBACK, leasePorts } from "./free-ports.ts";
import { LinkProxies } from "./link-proxies.ts";
import { NodeProcess } from "./node-process.ts";
import { processPower } from "./process-power.ts";
import { openTemporaryFolder } from "./temporary-folder.ts";

export interface ProcessClusterOptions {
  readonly plan: ClusterPlan;
  /** Unique among the runs that share a Toxiproxy; also the cluster's id. */
  readonly run: string;
  /** Folder that takes `<node>.log`; made where it is missing. */
  readonly logFolder: string;
  /** Leaves the nodes' configurations and data in place at the end. */
  readonly keep: boolean;
  /** Program of a node and its leading arguments. */
  readonly nodeProgram: readonly [file: string, ...leading: string[]];
  /** Opens the Toxiproxy to use; called once, closed with the cluster. A server of its own listens on `address`. */
  readonly openProxies: (address: string) => Promise<{
    readonly control: ToxiproxyController;
    close(): Promise<void>;
  }>;
  /** Told when a node ends that nobody killed. May be called before the cluster is returned, and more than once. */
  readonly onFailure: (error: Error) => void;
}

const LINKS_READY_TIMEOUT_MS = 15_000;
const LINKS_READY_PAUSE_MS = 50;

/** Starts all and waits until every node answers and every link carries a probe. */
export async function startProcessCluster(options: ProcessClusterOptions): Promise<Cluster> {
  const cleanUp = new CleanUp();
  try {
    return await startParts(options, cleanUp);
  } catch (error) {
    // What failed first is what is reported.
    await Promise.allSettled([cleanUp.run()]);
    throw error;
  }
}

async function startParts(options: ProcessClusterOptions, cleanUp: CleanUp): Promise<Cluster> {
  const { plan } = options;
  const names = Array.from({ length: plan.nodes }, (_, index) => `n${index + 1}`);
  const links = linksBetween(names);
  const clientLinks = names.flatMap((home) => names.map((to) => ({ from: clientGroup(home), to })));

  const folder = await openTemporaryFolder(options.keep);
  cleanUp.add(() => folder.remove());
  const lease = await leasePorts(1 + 2 * names.length + links.length + clientLinks.length);
  cleanUp.add(async () => lease.release());
  const take = takerOf(lease.ports);
  const places = names.map(
    (name): NodePlace => ({
      name,
      httpAddress: take(),
      rpcAddress: take(),
      dataFolder: join(folder.path, name, "data"),
    }),
  );
  const proxyAddress = new Map([...links, ...clientLinks].map((link) => [linkName(link), take()]));

  const { control, close } = await options.openProxies(take());
  cleanUp.add(close);
  cleanUp.add(() => control.removeAll());
  await control.createProxies(proxiesOf({ links, clientLinks, places, proxyAddress }));

  const processes = await prepareNodes(options, { folder: folder.path, places, proxyAddress });
  cleanUp.add(async () => {
    await Promise.all([...processes.values()].map((node) => node.stop()));
  });
  await startAll(processes);

  const apis = new Map(
    places.map((place) => [place.name, nodeApi(`http://${place.httpAddress}`, boundedRequest)]),
  );
  const apiOf = lookUp(apis);
  await waitUntilLinked(links, apiOf);

  return {
    driver: "processes",
    nodes: names,
    toxiproxy: { kind: control.kind, version: await control.version() },
    addresses: addressBook(places, proxyAddress),
    status: async (node) => apiOf(node).status(),
    probe: async (node, peer) => apiOf(node).probe(peer),
    replica: async (node, key) => apiOf(node).replica(key),
    network: new LinkProxies(control, { links: [...links, ...clientLinks], countedLinks: links }),
    processes: processPower(lookUp(processes), lookUp(new Map(places.map((p) => [p.name, p])))),
    machines: undefined,
    clocks: { setOffset: async (node, offsetMs) => apiOf(node).setClock(offsetMs) },
    stop: () => cleanUp.run(),
  };
}

interface Wiring {
  readonly links: readonly Link[];
  readonly clientLinks: readonly Link[];
  readonly places: readonly NodePlace[];
  readonly proxyAddress: ReadonlyMap<string, string>;
}

function proxiesOf({ links, clientLinks, places, proxyAddress }: Wiring) {
  const placeOf = lookUp(new Map(places.map((place) => [place.name, place])));
  const listen = lookUp(proxyAddress);
  const proxy = (link: Link, upstream: string) => {
    const name = linkName(link);
    return { name, listen: listen(name), upstream };
  };
  return [
    ...links.map((link) => proxy(link, placeOf(link.to).rpcAddress)),
    ...clientLinks.map((link) => proxy(link, placeOf(link.to).httpAddress)),
  ];
}

async function prepareNodes(
  options: ProcessClusterOptions,
  parts: {
    readonly folder: string;
    readonly places: readonly NodePlace[];
    readonly proxyAddress: ReadonlyMap<string, string>;
  },
): Promise<ReadonlyMap<string, NodeProcess>> {
  const proxy = lookUp(parts.proxyAddress);
  await mkdir(options.logFolder, { recursive: true });
  const entries = parts.places.map(async (self): Promise<[string, NodeProcess]> => {
    const folder = join(parts.folder, self.name);
    const configFile = join(folder, "node.json");
    const peers = parts.places.filter((place) => place !== self);
    const routes = Object.fromEntries(
      peers.map((peer) => [peer.name, proxy(linkName({ from: self.name, to: peer.name }))]),
    );
    const configuration = nodeConfigurationFile(options.plan, {
      clusterId: options.run,
      clusterSecret: `${options.run}-secret`,
      self,
      places: parts.places,
      routes,
    });
    await mkdir(self.dataFolder, { recursive: true });
    await writeFile(configFile, `${JSON.stringify(configuration, undefined, 2)}\n`);
    const node = new NodeProcess({
      name: self.name,
      program: options.nodeProgram,
      configFile,
      folder,
      logFile: join(options.logFolder, `${self.name}.log`),
      url: `http://${self.httpAddress}`,
      onDeath: options.onFailure,
    });
    return [self.name, node];
  });
  return new Map(await Promise.all(entries));
}

/** Where one does not start the others are killed, so that none is still starting when the failure is reported. */
async function startAll(processes: ReadonlyMap<string, NodeProcess>): Promise<void> {
  const nodes = [...processes.values()];
  const starts = nodes.map((node) => node.start());
  try {
    await Promise.all(starts);
  } catch (error) {
    await Promise.all(nodes.map((node) => node.kill()));
    await Promise.allSettled(starts);
    throw error;
  }
}

/** A proxy that listens does not mean that a node hears the other: only an answer does. */
async function waitUntilLinked(
  links: readonly Link[],
  apiOf: (node: string) => NodeApi,
): Promise<void> {
  const deadline = performance.now() + LINKS_READY_TIMEOUT_MS;
  await Promise.all(
    links.map(async ({ from, to }) => {
      let last = "never asked";
      while (performance.now() < deadline) {
        const answer = await apiOf(from).probe(to);
        if (answer.answered) return;
        last = answer.detail;
        await sleep(LINKS_READY_PAUSE_MS);
      }
      throw new Error(
        `Cannot start the cluster: ${from} did not reach ${to} within ${LINKS_READY_TIMEOUT_MS} ms (${last})`,
      );
    }),
  );
}

function addressBook(
  places: readonly NodePlace[],
  proxyAddress: ReadonlyMap<string, string>,
): (node: string) => Addresses {
  const proxy = lookUp(proxyAddress);
  const books = places.map(({ name, httpAddress }): [string, Addresses] => {
    const clients = places.map((home): [string, string] => {
      const link = linkName({ from: clientGroup(home.name), to: name });
      return [home.name, `http://${proxy(link)}`];
    });
    return [name, { direct: `http://${httpAddress}`, clients: new Map(clients) }];
  });
  return lookUp(new Map(books));
}

function linksBetween(names: readonly string[]): readonly Link[] {
  return names.flatMap((from) => names.filter((to) => to !== from).map((to) => ({ from, to })));
}

function takerOf(ports: readonly number[]): () => string {
  const left = [...ports];
  return () => {
    const port = left.pop();
    if (port === undefined) throw new RangeError("Cannot take a port: none is left");
    return `${LOOPBACK}:${port}`;
  };
}

function lookUp<T>(entries: ReadonlyMap<string, T>): (name: string) => T {
  return (name) => {
    const entry = entries.get(name);
    if (entry === undefined) {
      throw new RangeError(
        `Cannot find ${name}: the cluster has ${[...entries.keys()].join(", ")}`,
      );
    }
    return entry;
  };
}
