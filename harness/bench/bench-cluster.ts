import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CleanUp } from "../drivers/clean-up.ts";
import type { NodePlace } from "../drivers/node-configuration-file.ts";
import { nodeConfigurationFile } from "../drivers/node-configuration-file.ts";
import { NODE_FLAGS } from "../drivers/node-flags.ts";
import { LOOPBACK, leasePorts } from "../drivers/processes/free-ports.ts";
import { NodeProcess } from "../drivers/processes/node-process.ts";
import { openTemporaryFolder } from "../drivers/temporary-folder.ts";

import type { BenchEngine } from "./http-options.ts";

/** A program and its leading arguments. */
export type Program = readonly [file: string, ...leading: string[]];

export interface BenchClusterOptions {
  readonly nodes: number;
  readonly engine: BenchEngine;
  /** Rows that a node may acknowledge before they are stored. Default 0: none. */
  readonly writeBuffer?: number;
  /** Absolute path of a node's entry point. */
  readonly nodeMain: string;
  /** How to run a node, by its index; `--config FILE` is added. Without a profiler or a tracer where absent. */
  readonly program?: (nodeMain: string, index: number) => Program;
  /** False: the engine acknowledges before the disk does. Default true. */
  readonly sync?: boolean;
  /** Fields of each node's configuration besides. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Told when a node ends on its own. */
  onDeath(error: Error): void;
}

export interface BenchCluster {
  /** Base URLs of the nodes. */
  readonly urls: readonly string[];
  /** In the order of the URLs. */
  readonly nodes: readonly NodeProcess[];
  /** Where each keeps its data, in the same order. */
  readonly dataFolders: readonly string[];
  /** Stops the nodes and removes their files; doing it twice is fine. */
  stop(): Promise<void>;
}

/** Nodes as child processes that reach each other directly; resolves when all are ready, leaves nothing where one is not. */
export async function startBenchCluster(options: BenchClusterOptions): Promise<BenchCluster> {
  const cleanUp = new CleanUp();
  try {
    const started = await startNodes(options, cleanUp);
    return { ...started, stop: () => cleanUp.run() };
  } catch (error) {
    await cleanUp.run();
    throw error;
  }
}

async function startNodes(
  options: BenchClusterOptions,
  cleanUp: CleanUp,
): Promise<Omit<BenchCluster, "stop">> {
  const folder = await openTemporaryFolder(false);
  cleanUp.add(() => folder.remove());
  const lease = await leasePorts(2 * options.nodes);
  cleanUp.add(async () => lease.release());
  const places = Array.from({ length: options.nodes }, (_, index): NodePlace => {
    const name = `n${index + 1}`;
    return {
      name,
      httpAddress: `${LOOPBACK}:${lease.ports[2 * index]}`,
      rpcAddress: `${LOOPBACK}:${lease.ports[2 * index + 1]}`,
      dataFolder: join(folder.path, name),
    };
  });
  const nodes = await Promise.all(
    places.map(async (self, index) => {
      const configFile = join(folder.path, `${self.name}.json`);
      await mkdir(self.dataFolder);
      await writeFile(configFile, configurationOf(options, self, places));
      return new NodeProcess({
        name: self.name,
        program: options.program?.(options.nodeMain, index) ?? [
          process.execPath,
          ...NODE_FLAGS,
          options.nodeMain,
        ],
        configFile,
        folder: folder.path,
        logFile: join(folder.path, `${self.name}.log`),
        url: `http://${self.httpAddress}`,
        onDeath: options.onDeath,
      });
    }),
  );
  cleanUp.add(async () => {
    await Promise.all(nodes.map((node) => node.stop()));
  });
  await Promise.all(nodes.map((node) => node.start()));
  return {
    urls: places.map((place) => `http://${place.httpAddress}`),
    nodes,
    dataFolders: places.map((place) => place.dataFolder),
  };
}

function configurationOf(
  { nodes, engine, writeBuffer = 0, sync = true, settings }: BenchClusterOptions,
  self: NodePlace,
  places: readonly NodePlace[],
): string {
  const n = Math.min(3, nodes);
  const quorum = Math.min(2, n);
  const configuration = nodeConfigurationFile(
    {
      nodes,
      engine,
      writeBufferObjects: writeBuffer,
      n,
      r: quorum,
      w: quorum,
      partitions: 1_024,
      quorum: "sloppy",
      versioning: "dvvset",
    },
    { clusterId: "bench", clusterSecret: "bench", self, places, routes: {} },
  );
  return JSON.stringify({
    ...configuration,
    sync,
    testFaults: false,
    logLevel: "warn",
    ...settings,
  });
}
