/**
 * The second compose file of a cluster, beside docker/compose.yaml: the nodes, their networks and volumes. Pure.
 *
 * Each node is alone with Toxiproxy in a network that leads nowhere else, so that no node reaches another past a proxy. Only
 * Toxiproxy publishes ports: its own API, the proxies of clients, and one more for each node, which no fault touches.
 */

import { linkName } from "../../cluster/contract.ts";
import type { Link } from "../../nemesis/fault.ts";
import type { WrittenConfiguration } from "../node-configuration-file.ts";
import type { Wiring } from "../wiring.ts";
import type { Images } from "./images.ts";
import { labelsOf } from "./labels.ts";
import { CGROUPS_FOLDER, DISKS_FOLDER } from "./pressure.ts";

/** Ports inside the containers; nobody else listens there. */
export const HTTP_PORT = 8_080;
export const RPC_PORT = 7_000;
export const API_PORT = 8_474;
/** The service that looks at the others. */
export const METER = "meter";
/** Memory of a node's container. */
export const NODE_MEMORY_BYTES = 1_024 * 1_024 * 1_024;
/** User and group in the image. */
const NODE_USER = 10_001;
const FIRST_LINK_PORT = 20_001;

/** The name of the way from the harness to a node, which no fault touches. */
export function directLink(node: string): Link {
  return { from: "harness", to: node };
}

/** The port of Toxiproxy's container at which each link's proxy listens, by the link's name. */
export function proxyPorts({ nodes, links, clientLinks }: Wiring): ReadonlyMap<string, number> {
  const all = [...links, ...clientLinks, ...nodes.map(directLink)];
  return new Map(all.map((link, index) => [linkName(link), FIRST_LINK_PORT + index]));
}

export interface ComposeFileOptions {
  readonly run: string;
  readonly keep: boolean;
  readonly wiring: Wiring;
  readonly images: Images;
  /** Absolute path of docker/node.yaml. */
  readonly nodeTemplate: string;
  readonly configurationOf: (node: string) => WrittenConfiguration;
  /** Size of each node's disk of data in memory; undefined: a volume of the engine. */
  readonly diskBytes: number | undefined;
  /** Address on the engine's machine at which ports are published, such as 127.0.0.1. */
  readonly publishAt: string;
}

/** A compose file as an object; JSON is YAML. */
export function composeFile(options: ComposeFileOptions): object {
  const { run, keep, wiring } = options;
  const labels = labelsOf({ run, keep });
  const { nodes } = wiring;
  return {
    services: {
      toxiproxy: toxiproxyService(options, labels),
      [METER]: meterService(options, labels),
      ...Object.fromEntries(nodes.map((node) => [node, nodeService(options, node, labels)])),
    },
    networks: {
      front: { name: `${run}-front`, labels },
      ...Object.fromEntries(
        nodes.map((node) => [node, { name: networkName(run, node), internal: true, labels }]),
      ),
    },
    volumes: Object.fromEntries(
      nodes.map((node) => [
        node,
        { name: volumeName(run, node), labels, ...memoryDisk(options.diskBytes) },
      ]),
    ),
  };
}

function memoryDisk(diskBytes: number | undefined): object {
  if (diskBytes === undefined) return {};
  const o = `size=${diskBytes},uid=${NODE_USER},gid=${NODE_USER},mode=0700`;
  return { driver: "local", driver_opts: { type: "tmpfs", device: "tmpfs", o } };
}

export function containerName(run: string, service: string): string {
  return `${run}-${service}`;
}

export function networkName(run: string, node: string): string {
  return `${run}-${node}`;
}

export function volumeName(run: string, node: string): string {
  return `${run}-${node}-data`;
}

function toxiproxyService(
  { run, wiring, images, publishAt }: ComposeFileOptions,
  labels: Readonly<Record<string, string>>,
): object {
  const { image, isOurs } = images.toxiproxy;
  const ports = proxyPorts(wiring);
  const published = [...wiring.clientLinks, ...wiring.nodes.map(directLink)].map(
    (link) => ports.get(linkName(link)) ?? 0,
  );
  return {
    image,
    container_name: containerName(run, "toxiproxy"),
    labels,
    ...(isOurs
      ? {
          command: ["harness/toxiproxy/main.ts", "--host", "0.0.0.0"],
          healthcheck: { disable: true },
          // Names of nodes that are down are looked up without an answer, which must not hold up others.
          environment: { UV_THREADPOOL_SIZE: "16" },
        }
      : {}),
    dns_opt: ["timeout:1", "attempts:1"],
    ports: [API_PORT, ...published].map((port) => `${publishAt}::${port}`),
    networks: Object.fromEntries(["front", ...wiring.nodes].map((network) => [network, {}])),
  };
}

/**
 * Looks at the machines of nodes from outside, in no network. A disk in memory lasts only while a container has it, so this
 * one also keeps those of nodes that are down.
 */
function meterService(
  { run, wiring, images, nodeTemplate, diskBytes }: ComposeFileOptions,
  labels: Readonly<Record<string, string>>,
): object {
  const kept = diskBytes === undefined ? [] : wiring.nodes;
  const disks = kept.map((node) => `${node}:${DISKS_FOLDER}/${node}`);
  return {
    extends: { file: nodeTemplate, service: "node" },
    image: images.node,
    container_name: containerName(run, METER),
    labels,
    entrypoint: ["sleep", "infinity"],
    init: true,
    healthcheck: { disable: true },
    network_mode: "none",
    volumes: [`/sys/fs/cgroup:${CGROUPS_FOLDER}:ro`, ...disks],
  };
}

function nodeService(
  { run, images, nodeTemplate, configurationOf }: ComposeFileOptions,
  node: string,
  labels: Readonly<Record<string, string>>,
): object {
  return {
    extends: { file: nodeTemplate, service: "node" },
    image: images.node,
    // A process of its own every few seconds would take from the limits that faults set.
    healthcheck: { disable: true },
    mem_limit: NODE_MEMORY_BYTES,
    container_name: containerName(run, node),
    hostname: node,
    labels,
    // Compose replaces what stands behind a dollar sign.
    environment: { RINGSIDE_CONFIG: JSON.stringify(configurationOf(node)).replaceAll("$", "$$$$") },
    networks: { [node]: { aliases: [node] } },
    volumes: [`${node}:/data`],
  };
}
