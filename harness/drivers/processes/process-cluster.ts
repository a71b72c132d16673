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
import type { Cluster } from "../../cluster/contract.ts";
import { linkName } from "../../cluster/contract.ts";
import type { ToxiproxyController } from "../../toxiproxy/controller.ts";
import { boundedRequest } from "../bounded-request.ts";
import type { CleanUp } from "../clean-up.ts";
import { startOrUndo } from "../clean-up.ts";
import { LinkProxies } from "../link-proxies.ts";
import { nodeApi } from "../node-api.ts";
import type { ClusterPlan, NodePlace } from "../node-configuration-file.ts";
import { nodeConfigurationFile } from "../node-configuration-file.ts";
import { openTemporaryFolder } from "../temporary-folder.ts";
import { waitUntilLinked } from "../wait-until-linked.ts";
import type { Wiring } from "../wiring.ts";
import { addressBook, lookUp, proxiesOf, routesOf, wiringOf } from "../wiring.ts";
import { LOOPBACK, leasePorts } from "./free-ports.ts";
import { NodeProcess } from "./node-process.ts";
import { processPower } from "./process-power.ts";

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
  /** As of a node's process. */
  readonly stopTimeoutMs?: number;
  /** Opens the Toxiproxy to use; called once, closed with the cluster. A server of its own listens on `address`. */
  readonly openProxies: (address: string) => Promise<{
    readonly control: ToxiproxyController;
    close(): Promise<void>;
  }>;
  /** Told when a node ends that nobody killed. May be called before the cluster is returned, and more than once. */
  readonly onFailure: (error: Error) => void;
}

/** Starts all and waits until every node answers and every link carries a probe. */
export function startProcessCluster(options: ProcessClusterOptions): Promise<Cluster> {
  return startOrUndo((cleanUp) => startParts(options, cleanUp));
}

async function startParts(options: ProcessClusterOptions, cleanUp: CleanUp): Promise<Cluster> {
  const wiring = wiringOf(options.plan.nodes);
  const { nodes, links, clientLinks } = wiring;

  const folder = await openTemporaryFolder(options.keep);
  cleanUp.add(() => folder.remove());
  const lease = await leasePorts(1 + 2 * nodes.length + links.length + clientLinks.length);
  cleanUp.add(async () => lease.release());
  const take = takerOf(lease.ports);
  const places = nodes.map(
    (name): NodePlace => ({
      name,
      httpAddress: take(),
      rpcAddress: take(),
      dataFolder: join(folder.path, name, "data"),
    }),
  );
  const placeOf = lookUp(new Map(places.map((place) => [place.name, place])));
  const proxyAddress = lookUp(
    new Map([...links, ...clientLinks].map((link) => [linkName(link), take()])),
  );
  const httpAddress = (node: string) => placeOf(node).httpAddress;

  const { control, close } = await options.openProxies(take());
  cleanUp.add(close);
  cleanUp.add(() => control.removeAll());
  await control.createProxies(
    proxiesOf(wiring, {
      listen: proxyAddress,
      rpcAddress: (node) => placeOf(node).rpcAddress,
      httpAddress,
    }),
  );

  const processes = await prepareNodes(options, {
    folder: folder.path,
    places,
    wiring,
    proxyAddress,
  });
  cleanUp.add(async () => {
    await Promise.all([...processes.values()].map((node) => node.stop()));
  });
  await startAll(processes);

  const apis = new Map(
    nodes.map((node) => [node, nodeApi(`http://${httpAddress(node)}`, boundedRequest)]),
  );
  const apiOf = lookUp(apis);
  await waitUntilLinked(links, apiOf);

  return {
    driver: "processes",
    nodes,
    toxiproxy: { kind: control.kind, version: await control.version() },
    addresses: addressBook(wiring, { proxyAddress, directAddress: httpAddress }),
    status: async (node) => apiOf(node).status(),
    probe: async (node, peer) => apiOf(node).probe(peer),
    replica: async (node, key) => apiOf(node).replica(key),
    trees: async (node) => apiOf(node).trees(),
    network: new LinkProxies(control, { links: [...links, ...clientLinks], countedLinks: links }),
    processes: processPower(lookUp(processes), placeOf),
    machines: undefined,
    clocks: { setOffset: async (node, offsetMs) => apiOf(node).setClock(offsetMs) },
    stop: () => cleanUp.run(),
  };
}

async function prepareNodes(
  options: ProcessClusterOptions,
  parts: {
    readonly folder: string;
    readonly places: readonly NodePlace[];
    readonly wiring: Wiring;
    readonly proxyAddress: (link: string) => string;
  },
): Promise<ReadonlyMap<string, NodeProcess>> {
  await mkdir(options.logFolder, { recursive: true });
  const entries = parts.places.map(async (self): Promise<[string, NodeProcess]> => {
    const folder = join(parts.folder, self.name);
    const configFile = join(folder, "node.json");
    const configuration = nodeConfigurationFile(options.plan, {
      clusterId: options.run,
      clusterSecret: `${options.run}-secret`,
      self,
      places: parts.places,
      routes: routesOf(parts.wiring, self.name, parts.proxyAddress),
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
      stopTimeoutMs: options.stopTimeoutMs,
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

function takerOf(ports: readonly number[]): () => string {
  const left = [...ports];
  return () => {
    const port = left.pop();
    if (port === undefined) throw new RangeError("Cannot take a port: none is left");
    return `${LOOPBACK}:${port}`;
  };
}
