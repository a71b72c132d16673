/* Real nodes as processes: one that has lost its disk gets everything back, and nobody reads. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { utf8Bytes } from "../../../src/base/bytes.ts";
import { createHttpCaller } from "../../../src/platform/http-client.ts";
import { createNodeClock } from "../../../src/platform/node-clock.ts";
import { differingPartitions } from "../../checker/tree-roots.ts";
import { waitForTrees } from "../../run/wait-for-trees.ts";
import { openProxies } from "../open-proxies.ts";
import { SMALL_PLAN } from "../testing/small-plan.ts";
import { startProcessCluster } from "./process-cluster.ts";

const NODE = join(import.meta.dirname, "../../../src/main.ts");
const KEYS = Array.from({ length: 200 }, (_, number) => `key ${number}`);

it("makes a wiped node whole again without a single read", async () => {
  const logFolder = await mkdtemp(join(tmpdir(), "anti-entropy-test-"));
  const http = createHttpCaller();
  const onFailure = (error: Error): never => {
    throw error;
  };
  const cluster = await startProcessCluster({
    plan: { ...SMALL_PLAN, engine: "lmdb" },
    run: "test",
    logFolder,
    keep: false,
    nodeProgram: [process.execPath, NODE],
    openProxies: (address) => openProxies({ url: undefined, address, run: "test", onFailure }),
    onFailure,
  });
  try {
    const { direct } = cluster.addresses("n1");
    for (const key of KEYS) {
      const { status } = await http.call({
        method: "PUT",
        url: `${direct}/kv64/${Buffer.from(key).toString("base64url")}?w=3`,
        body: utf8Bytes(key),
        timeoutMs: 5_000,
      });
      expect(status).toBe(204);
    }
    await cluster.processes?.kill("n2");
    await cluster.processes?.wipe("n2");
    await cluster.processes?.restart("n2");
    const { signal } = new AbortController();
    const told = await waitForTrees({ cluster, clock: createNodeClock(), signal }, SMALL_PLAN.n);
    expect(told.map(({ isBuilt }) => isBuilt)).toEqual([true, true, true]);
    expect(differingPartitions(told, SMALL_PLAN.n)).toEqual([]);
    for (const key of KEYS) {
      const copies = await Promise.all(
        cluster.nodes.map((node) => cluster.replica(node, utf8Bytes(key))),
      );
      expect(copies[0]?.digest).not.toBeNull();
      expect(new Set(copies.map(({ digest }) => digest)).size).toBe(1);
    }
  } finally {
    await cluster.stop();
    http.close();
    await rm(logFolder, { recursive: true, force: true });
  }
}, 120_000);
