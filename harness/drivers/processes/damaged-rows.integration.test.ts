/*
 * Real nodes as processes: rows that are garbled on one node's disk, below the checksum, come back from the others, and nobody reads.
 */
import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { utf8Bytes } from "../../../src/base/bytes.ts";
import { createHttpCaller } from "../../../src/platform/http-client.ts";
import { startBenchCluster } from "../../bench/bench-cluster.ts";

const NODE_MAIN = join(import.meta.dirname, "../../../src/main.ts");
const KEYS = Array.from({ length: 50 }, (_, number) => `key ${number}`);
const SETTINGS = { antiEntropyMs: 300, verifyTreesMs: 500 };
const REPAIR_MS_MAX = 20_000;

/** Changes one byte of the value wherever the file holds it, in place, as the file may be mapped; gives how often. */
function garble(file: string, value: Uint8Array): number {
  const bytes = readFileSync(file);
  const descriptor = openSync(file, "r+");
  let count = 0;
  for (let at = bytes.indexOf(value); at >= 0; at = bytes.indexOf(value, at + 1)) {
    writeSync(descriptor, Uint8Array.of(0), 0, 1, at + 3);
    count += 1;
  }
  closeSync(descriptor);
  return count;
}

async function world(engine: "lmdb" | "sqlite") {
  const http = createHttpCaller();
  const cluster = await startBenchCluster({
    nodes: 3,
    engine,
    nodeMain: NODE_MAIN,
    settings: SETTINGS,
    onDeath: (error) => {
      throw error;
    },
  });
  const [url = ""] = cluster.urls;
  const ask = (method: string, path: string, at = url) =>
    http.call({
      method,
      url: `${at}${path}`,
      body: utf8Bytes(method === "PUT" ? writtenAt(path) : ""),
      timeoutMs: 5_000,
    });
  const pathOf = (key: string) => `/kv64/${Buffer.from(key).toString("base64url")}`;
  const writtenAt = (path: string) => `the value that a client wrote at ${path}`;
  for (const key of KEYS) expect((await ask("PUT", `${pathOf(key)}?w=3`)).status).toBe(204);
  const digestAt = async (at: string, key: string): Promise<unknown> => {
    const { status, body } = await ask("GET", pathOf(key).replace("/kv64/", "/admin/replica/"), at);
    return status === 200
      ? (JSON.parse(Buffer.from(body).toString()) as { digest: unknown }).digest
      : status;
  };
  return {
    ...cluster,
    digestsAt: (at: string) => Promise.all(KEYS.map((key) => digestAt(at, key))),
    metricsAt: async (at: string) =>
      Buffer.from((await ask("GET", "/metrics", at)).body).toString(),
    /** Values as the file holds them. */
    values: KEYS.map((key) => utf8Bytes(writtenAt(`${pathOf(key)}?w=3`))),
    stop: async () => {
      await cluster.stop();
      http.close();
    },
  };
}

type World = Awaited<ReturnType<typeof world>>;

/** Every fifth row of the first node. */
function damage({ dataFolders, values }: World, dataFile: string): void {
  const file = join(dataFolders[0] ?? "", dataFile);
  const counts = values.filter((_, at) => at % 5 === 0).map((value) => garble(file, value));
  expect(counts.filter((count) => count > 0)).toHaveLength(KEYS.length / 5);
}

/** Own copies are looked at past all repair of reads. */
async function expectRepair({ urls, digestsAt, metricsAt }: World): Promise<void> {
  const [first = "", second = ""] = urls;
  const whole = await digestsAt(second);
  expect(new Set(whole).size).toBe(KEYS.length);
  await vi.waitFor(async () => expect(await digestsAt(first)).toEqual(whole), {
    timeout: REPAIR_MS_MAX,
    interval: 200,
  });
  const [text, ...others] = await Promise.all(urls.map(metricsAt));
  expect(text).toMatch(/^ringside_merkle_damaged_rows_total [1-9]/m);
  // Whoever began the exchange: either the node fetched its rows, or a peer brought them.
  expect(`${text}${others.join("")}`).toMatch(
    /^ringside_anti_entropy_keys_total\{how="(pulled|pushed)"\} [1-9]/m,
  );
}

describe.each([
  { engine: "lmdb", dataFile: "data.mdb" },
  { engine: "sqlite", dataFile: "data.sqlite" },
] as const)("rows damaged on the disk of one node, $engine", ({ engine, dataFile }) => {
  it("while it is away come back from the others once it is up", async () => {
    const cluster = await world(engine);
    try {
      const [first] = cluster.nodes;
      await first?.shutDown();
      damage(cluster, dataFile);
      await first?.start();
      await expectRepair(cluster);
    } finally {
      await cluster.stop();
    }
  }, 60_000);
});

it("rows damaged under a running node, in the file that it maps, come back from the others", async () => {
  const cluster = await world("lmdb");
  try {
    damage(cluster, "data.mdb");
    await expectRepair(cluster);
  } finally {
    await cluster.stop();
  }
}, 60_000);
