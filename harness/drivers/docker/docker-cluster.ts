/**
 * A cluster of containers on a Docker engine, behind Toxiproxy in a container of its own.
 *
 * The contract is kept as by the driver of processes: a proxy for every directed link and every client group. The harness
 * asks the nodes through further proxies, which no fault touches, since a node's network leads to Toxiproxy alone. Start
 * goes from the bottom up (engine, images, Toxiproxy, proxies, nodes, links) and, where a step fails, down again.
 */

import { spawn } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Cluster } from "../../cluster/contract.ts";
import { linkName } from "../../cluster/contract.ts";
import { boundedRequest } from "../bounded-request.ts";
import type { CleanUp } from "../clean-up.ts";
import { startOrUndo } from "../clean-up.ts";
import { LinkProxies } from "../link-proxies.ts";
import { nodeApi } from "../node-api.ts";
import type { ClusterPlan, NodePlace } from "../node-configuration-file.ts";
import { nodeConfigurationFile } from "../node-configuration-file.ts";
import { openProxies } from "../open-proxies.ts";
import { openTemporaryFolder } from "../temporary-folder.ts";
import { waitUntilLinked } from "../wait-until-linked.ts";
import type { Wiring } from "../wiring.ts";
import { addressBook, lookUp, routesOf, wiringOf } from "../wiring.ts";
import {
  API_PORT,
  composeFile,
  containerName,
  directLink,
  HTTP_PORT,
  METER,
  NODE_MEMORY_BYTES,
  networkName,
  proxyPorts,
  RPC_PORT,
} from "./compose-file.ts";
import { findCompose } from "./compose-program.ts";
import { Container } from "./container.ts";
import { containerPower } from "./container-power.ts";
import { docker } from "./docker-program.ts";
import { findEngine } from "./engine.ts";
import type { ImageSources } from "./images.ts";
import { findImages } from "./images.ts";
import { RUN_LABEL } from "./labels.ts";
import { removeAbandonedRuns } from "./leftovers.ts";
import { machinePower } from "./machine-power.ts";
import { Project } from "./project.ts";
import { createProxies, publishedAddresses, waitForToxiproxy } from "./toxiproxy-container.ts";
import { watchContainers } from "./watch-containers.ts";

export interface DockerClusterOptions {
  readonly plan: ClusterPlan;
  /** Unique; also the cluster's id, and what the names of all containers begin with. */
  readonly run: string;
  /** Folder that takes `<service>.log`; made where it is missing. */
  readonly logFolder: string;
  /** Leaves everything up at the end. */
  readonly keep: boolean;
  /** Undefined: the official one, or our own where that cannot be pulled. */
  readonly toxiproxyImage: string | undefined;
  /** Size of each node's disk of data, which then lies in memory; undefined: a volume of the engine. */
  readonly diskBytes: number | undefined;
  readonly sources: ImageSources;
  /** Ends a start that is under way, which then rejects with its reason. */
  readonly signal: AbortSignal;
  /** Told when a node ends that nobody killed. May be called before the cluster is returned, and more than once. */
  readonly onFailure: (error: Error) => void;
}

/** Starts all and waits until every node answers and every link carries a probe. */
export function startDockerCluster(options: DockerClusterOptions): Promise<Cluster> {
  return startOrUndo((cleanUp) => startParts(options, cleanUp));
}

async function startParts(options: DockerClusterOptions, cleanUp: CleanUp): Promise<Cluster> {
  const { plan, run, keep, sources, signal, onFailure } = options;
  const wiring = wiringOf(plan.nodes);
  const { nodes, links, clientLinks } = wiring;
  const docked = join(sources.project, "docker");

  const engine = await findEngine();
  const compose = await findCompose(engine);
  await removeAbandonedRuns();
  const images = await findImages(engine, sources, options.toxiproxyImage);

  const folder = await openTemporaryFolder(keep);
  cleanUp.add(() => folder.remove());
  await mkdir(options.logFolder, { recursive: true });
  const project = new Project({
    run,
    compose,
    commonFile: join(docked, "compose.yaml"),
    folder: folder.path,
    logFolder: options.logFolder,
    hasMemoryDisks: options.diskBytes !== undefined,
  });
  await project.writeFile(
    composeFile({
      run,
      keep,
      wiring,
      images,
      nodeTemplate: join(docked, "node.yaml"),
      configurationOf: (node) => configurationOf(plan, { run, wiring, node }),
      diskBytes: options.diskBytes,
      publishAt: engine.isLocal ? engine.host : "0.0.0.0",
    }),
  );

  const since = await docker(["info", "--format", "{{.SystemTime}}"], { action: "use Docker" });
  const removeAtExit = () => removeInBackground(run);
  if (!keep) process.once("exit", removeAtExit);
  cleanUp.add(async () => {
    process.off("exit", removeAtExit);
    if (keep) sources.note(lookInside(run, project));
    else await project.down();
  });
  for (const service of ["toxiproxy", ...nodes]) cleanUp.add(() => project.keepLog(service));
  await project.up(["toxiproxy", METER], "start Toxiproxy", signal);
  const published = await publishedAddresses(engine, containerName(run, "toxiproxy"));
  const toxiproxyUrl = `http://${published(API_PORT)}`;
  await waitForToxiproxy(toxiproxyUrl, containerName(run, "toxiproxy"));
  const { control, close } = await openProxies({
    url: toxiproxyUrl,
    address: "",
    run,
    onFailure,
  });
  cleanUp.add(close);
  await createProxies(control, wiring, portOf(wiring));

  const port = portOf(wiring);
  const directAddress = (node: string) => published(port(linkName(directLink(node))));
  const urlOf = (node: string) => `http://${directAddress(node)}`;
  const containers = new Map(
    nodes.map((node) => {
      const container = containerName(run, node);
      return [node, new Container({ node, container, url: urlOf(node) })];
    }),
  );
  const containerOf = lookUp(containers);
  const watch = watchContainers(containers, { run, since, onFailure });
  cleanUp.add(() => watch.stop());
  await project.up(nodes, "start the nodes", signal);
  await Promise.race([
    Promise.all([...containers.values()].map((each) => each.waitUntilReady())),
    watch.failure,
  ]);
  cleanUp.add(() => endNodes(containers, project, keep));

  const apis = lookUp(new Map(nodes.map((node) => [node, nodeApi(urlOf(node), boundedRequest)])));
  signal.throwIfAborted();
  await waitUntilLinked(links, apis);

  return {
    driver: "docker",
    nodes,
    toxiproxy: { kind: control.kind, version: await control.version() },
    addresses: addressBook(wiring, {
      proxyAddress: (link) => published(port(link)),
      directAddress,
    }),
    status: async (node) => apis(node).status(),
    probe: async (node, peer) => apis(node).probe(peer),
    replica: async (node, key) => apis(node).replica(key),
    trees: async (node) => apis(node).trees(),
    network: new LinkProxies(control, { links: [...links, ...clientLinks], countedLinks: links }),
    processes: containerPower(containerOf, {
      discard: (node) => project.discard(node),
      create: (node) => project.up([node], `create node ${node}`),
    }),
    machines: machinePower({
      containerOf,
      networkOf: (node) => networkName(run, node),
      meter: containerName(run, METER),
      memoryBytes: NODE_MEMORY_BYTES,
      isDiskLimited: options.diskBytes !== undefined,
    }),
    clocks: { setOffset: async (node, offsetMs) => apis(node).setClock(offsetMs) },
    stop: () => cleanUp.run(),
  };
}

function configurationOf(
  plan: ClusterPlan,
  { run, wiring, node }: { readonly run: string; readonly wiring: Wiring; readonly node: string },
) {
  const port = portOf(wiring);
  const places = wiring.nodes.map((name): NodePlace => {
    const dataFolder = "/data";
    return {
      name,
      httpAddress: `${name}:${HTTP_PORT}`,
      rpcAddress: `${name}:${RPC_PORT}`,
      dataFolder,
    };
  });
  return nodeConfigurationFile(plan, {
    clusterId: run,
    clusterSecret: `${run}-secret`,
    self: {
      name: node,
      httpAddress: `0.0.0.0:${HTTP_PORT}`,
      rpcAddress: `0.0.0.0:${RPC_PORT}`,
      dataFolder: "/data",
    },
    places,
    routes: routesOf(wiring, node, (link) => `toxiproxy:${port(link)}`),
  });
}

function portOf(wiring: Wiring): (link: string) => number {
  return lookUp(proxyPorts(wiring));
}

/** Ends the nodes in order, so that their logs are whole; those to be kept go on. */
async function endNodes(
  containers: ReadonlyMap<string, Container>,
  project: Project,
  keep: boolean,
): Promise<void> {
  for (const container of containers.values()) {
    if (container.isPaused) await container.resume();
    if (!keep) container.expectEnd();
  }
  if (!keep) await project.stop([...containers.keys()]);
}

/** For an exit that nobody waits for. */
function removeInBackground(run: string): void {
  const program = join(import.meta.dirname, "remove-run.ts");
  spawn(process.execPath, [program, run], { detached: true, stdio: "ignore" }).unref();
}

function lookInside(run: string, project: Project): string {
  return [
    "left up as asked",
    `containers: docker ps --filter label=${RUN_LABEL}=${run}`,
    `inside a node: docker exec -it ${containerName(run, "n1")} sh`,
    `its log: docker logs ${containerName(run, "n1")}`,
    `removal: ${project.downCommand}`,
  ].join("\n  ");
}
