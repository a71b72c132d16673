/** Real nodes as plain processes, started as containers are: one configuration for all in the environment, each knows its name. */

import { join } from "node:path";
import { execa } from "execa";
import { LOOPBACK, leasePorts } from "../../processes/free-ports.ts";
import { waitUntilAnswers } from "../../wait-until-answers.ts";

export interface NodeChildren {
  /** `http://host:port` of each node, n1 first. */
  readonly urls: readonly string[];
  stop(): Promise<void>;
}

export interface NodeChildrenOptions {
  readonly clusterId: string;
  readonly names: readonly string[];
  readonly testFaults?: boolean;
}

const NODE_PROGRAM = join(import.meta.dirname, "../../../../src/main.ts");
const READY_TIMEOUT_MS = 20_000;

export async function startNodeChildren(options: NodeChildrenOptions): Promise<NodeChildren> {
  const { clusterId, names, testFaults = true } = options;
  const { ports, release } = await leasePorts(2 * names.length);
  const places = names.map((id, index) => ({
    id,
    httpAddress: `${LOOPBACK}:${ports[2 * index]}`,
    address: `${LOOPBACK}:${ports[2 * index + 1]}`,
  }));
  const children = places.map(({ id, httpAddress, address }) =>
    execa(process.execPath, [NODE_PROGRAM, "--exit-with-stdin"], {
      env: {
        RINGSIDE_NODE_ID: id,
        RINGSIDE_CONFIG: JSON.stringify({
          clusterId,
          httpAddress,
          rpcAddress: address,
          members: places.map((place) => ({ id: place.id, address: place.address })),
          engine: "memory",
          dataFolder: "unused",
          partitions: 64,
          n: Math.min(3, names.length),
          requestTimeoutMs: 500,
          testFaults,
        }),
      },
      stdin: "pipe",
      reject: false,
    }),
  );
  const stop = async () => {
    for (const child of children) child.kill("SIGTERM");
    await Promise.all(children);
    release();
  };
  const urls = places.map(({ httpAddress }) => `http://${httpAddress}`);
  try {
    await Promise.all(urls.map(waitUntilReady));
  } catch (error) {
    await stop();
    throw error;
  }
  return { urls, stop };
}

async function waitUntilReady(url: string): Promise<void> {
  const reason = await waitUntilAnswers(`${url}/healthz`, { timeoutMs: READY_TIMEOUT_MS });
  if (reason !== undefined) throw new Error(`Cannot start the node at ${url}: ${reason}`);
}
