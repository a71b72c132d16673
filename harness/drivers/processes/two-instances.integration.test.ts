/*
 * Aim: each service has an instance of its own, with its own N, R, W, versioning and engine, and instances on one host do not touch
 * each other (paper 2.1). Method: two clusters of real nodes that bear the same names and keep the same key; then
 * one node is led to a node of the other cluster, and at last one cluster is gone.
 */

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { utf8Bytes } from "../../../src/base/bytes.ts";
import { createHttpCaller } from "../../../src/platform/http-client.ts";
import type { Cluster } from "../../cluster/contract.ts";
import { boundedRequest } from "../bounded-request.ts";
import { nodeApi } from "../node-api.ts";
import type { ClusterPlan } from "../node-configuration-file.ts";
import { openProxies } from "../open-proxies.ts";
import { SMALL_PLAN } from "../testing/small-plan.ts";
import { startProcessCluster } from "./process-cluster.ts";

const NODE = join(import.meta.dirname, "../../../src/main.ts");
/** Carts: nothing may be lost, and conflicts are the application's. */
const CARTS: ClusterPlan = { ...SMALL_PLAN, engine: "lmdb" };
/** Sessions: the last write wins, and no stand-in counts. */
const SESSIONS: ClusterPlan = {
  nodes: 2,
  n: 2,
  r: 1,
  w: 2,
  partitions: 16,
  quorum: "strict",
  versioning: "lww",
  engine: "memory",
};
const KEY = utf8Bytes("customer 7");
const TIMEOUT_MS = 5_000;

describe("D-2.1-4 two instances on one host", () => {
  const http = createHttpCaller();
  const logFolders = new Map<string, string>();
  let carts: Cluster;
  let sessions: Cluster;

  beforeAll(async () => {
    carts = await start(CARTS, "carts");
    sessions = await start(SESSIONS, "sessions");
  });

  afterAll(async () => {
    await Promise.all([carts, sessions].map((cluster) => cluster?.stop()));
    http.close();
    const folders = [...logFolders.values()];
    await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
  });

  it("keep their own configurations", async () => {
    expect(await carts.status("n1")).toMatchObject({ ...settingsOf(CARTS), clusterId: "carts" });
    expect(await sessions.status("n1")).toMatchObject({
      ...settingsOf(SESSIONS),
      clusterId: "sessions",
    });
  });

  it("keep their own values of one key, each by its own rules", async () => {
    for (const [cluster, name] of [
      [carts, "cart"],
      [sessions, "session"],
    ] as const) {
      for (const node of ["n1", "n2"]) {
        const { status } = await ask(cluster, node, { body: `${name} by ${node}` });
        expect(status).toBe(204);
      }
    }
    const cart = await ask(carts, "n1", { query: "?r=3" });
    expect(cart.status).toBe(300);
    expect(cart.text).toContain("cart by n1");
    expect(cart.text).toContain("cart by n2");
    expect(cart.text).not.toContain("session");
    const session = await ask(sessions, "n1", { query: "?r=2" });
    expect([session.status, session.text]).toEqual([200, "session by n2"]);
    // Three replicas are more than there are.
    expect((await ask(sessions, "n1", { query: "?r=3" })).status).toBe(400);
  });

  it("do not take each other's contexts", async () => {
    const { context } = await ask(carts, "n1");
    expect(context).not.toBe("");
    const taken = await ask(sessions, "n1", { body: "by a cart's context", context });
    expect([taken.status, taken.text]).toEqual([400, expect.stringContaining("context")]);
    expect((await ask(sessions, "n1", { query: "?r=2" })).text).toBe("session by n2");
  });

  it("do not talk to each other, even where an address leads from one to the other", async () => {
    const before = await carts.replica("n1", KEY);
    const { direct } = sessions.addresses("n2");
    const astray = nodeApi(direct, boundedRequest);
    await astray.setRoutes({ n1: await rpcAddressOf(carts, "n1") });
    const probe = await sessions.probe("n2", "n1");
    expect(probe.answered).toBe(false);
    expect(probe.detail).toContain("not-sent");
    expect((await ask(sessions, "n2", { body: "astray" })).status).toBeGreaterThanOrEqual(500);
    expect(await carts.replica("n1", KEY)).toEqual(before);
    expect(await logOf("carts", "n1")).toContain(
      "Cannot connect node n2 to node n1 of cluster carts: it belongs to cluster sessions",
    );
    await astray.restoreRoutes();
    await expect.poll(async () => (await sessions.probe("n2", "n1")).answered).toBe(true);
  });

  it("do not miss each other", async () => {
    await carts.stop();
    for (const node of sessions.nodes) {
      expect((await ask(sessions, node, { body: "alone" })).status).toBe(204);
      expect((await ask(sessions, node, { query: "?r=2" })).text).toBe("alone");
      expect((await sessions.status(node)).suspected).toEqual([]);
    }
  });

  async function start(plan: ClusterPlan, run: string): Promise<Cluster> {
    const logFolder = await mkdtemp(join(tmpdir(), `instance-${run}-`));
    logFolders.set(run, logFolder);
    const onFailure = (error: Error): never => {
      throw error;
    };
    return startProcessCluster({
      plan,
      run,
      logFolder,
      keep: false,
      nodeProgram: [process.execPath, NODE],
      openProxies: (address) => openProxies({ url: undefined, address, run, onFailure }),
      onFailure,
    });
  }

  async function ask(
    cluster: Cluster,
    node: string,
    { body, context, query = "" }: { body?: string; context?: string; query?: string } = {},
  ) {
    const url = `${cluster.addresses(node).direct}/kv64/${Buffer.from(KEY).toString("base64url")}${query}`;
    const headers = { ...(context === undefined ? {} : { "x-dynamo-context": context }) };
    const answer = await http.call({
      method: body === undefined ? "GET" : "PUT",
      url,
      headers,
      timeoutMs: TIMEOUT_MS,
      ...(body === undefined ? {} : { body: utf8Bytes(body) }),
    });
    return {
      status: answer.status,
      text: Buffer.from(answer.body).toString(),
      context: answer.headers["x-dynamo-context"] ?? "",
    };
  }

  async function rpcAddressOf(cluster: Cluster, node: string): Promise<string> {
    const url = `${cluster.addresses(node).direct}/admin/ring`;
    const { body } = await boundedRequest({ url, timeoutMs: TIMEOUT_MS });
    const { members } = JSON.parse(body) as { members: { id: string; address: string }[] };
    return members.find(({ id }) => id === node)?.address ?? "";
  }

  function logOf(run: string, node: string): Promise<string> {
    return readFile(join(logFolders.get(run) ?? "", `${node}.log`), "utf8");
  }
});

function settingsOf({ nodes, partitions, ...settings }: ClusterPlan) {
  return settings;
}
