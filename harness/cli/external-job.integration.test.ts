/** `bench` on a cluster that was there before: what it judges, what it refuses, and that it leaves no trace but its own keys. */

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { NodeChildren } from "../drivers/external/testing/node-children.ts";
import { startNodeChildren } from "../drivers/external/testing/node-children.ts";
import type { EmbeddedToxiproxy } from "../toxiproxy/spawn.ts";
import { startEmbeddedToxiproxy } from "../toxiproxy/spawn.ts";
import { bench } from "./bench.ts";
import { UsageError } from "./exit-status.ts";

const NAMES = ["n1", "n2", "n3"];
const LIGHT = ["--cluster", "external", "--rate", "150", "--seed", "1"];
const OTHERS_KEY = "cart-0";

let results: string;
let nodes: NodeChildren;
let other: NodeChildren;
let toxiproxy: EmbeddedToxiproxy;

beforeAll(async () => {
  [results, nodes, other, toxiproxy] = await Promise.all([
    mkdtemp(join(tmpdir(), "external-job-test-")),
    startNodeChildren({ clusterId: "found", names: NAMES }),
    startNodeChildren({ clusterId: "other", names: ["n4"] }),
    startEmbeddedToxiproxy(),
  ]);
});

afterAll(async () => {
  await Promise.all([nodes.stop(), other.stop(), toxiproxy.stop()]);
  await rm(results, { recursive: true, force: true });
});

function run(flags: readonly string[], signal = new AbortController().signal) {
  const output = { write: () => {}, isTerminal: false, columns: 100, colour: false };
  return bench.run([...LIGHT, "--out", results, ...flags], { output, signal });
}

function targets(urls = nodes.urls): readonly string[] {
  return ["--targets", urls.join(",")];
}

async function read(file: string): Promise<unknown> {
  return JSON.parse(await readFile(join(results, "latest", file), "utf8"));
}

async function expectNoTrace(): Promise<void> {
  expect(await (await fetch(`${toxiproxy.url}/proxies`)).json()).toEqual({});
  for (const url of nodes.urls) {
    expect(await (await fetch(`${url}/admin/routes`)).json()).toEqual({
      routes: {},
      configured: {},
    });
  }
}

describe("bench --cluster external", () => {
  it("judges a cluster as it is, and keeps away from the keys of others", async () => {
    const theirs = `${nodes.urls[0]}/kv/${OTHERS_KEY}`;
    expect((await fetch(theirs, { method: "PUT", body: "theirs" })).status).toBe(204);
    expect(await run([...targets(), "--seconds", "4"])).toBe(0);
    expect(await read("summary.json")).toMatchObject({
      verdict: "valid",
      cluster: { driver: "external", nodes: 3, n: 3, r: 2, w: 2, engine: "memory" },
      toxiproxy: { kind: "none" },
    });
    expect(await (await fetch(theirs)).text()).toBe("theirs");
    const { keyPrefix } = (await read("cluster.json")) as { readonly keyPrefix: string };
    const ours = Buffer.from(`${keyPrefix}${OTHERS_KEY}`).toString("base64url");
    expect((await fetch(`${nodes.urls[0]}/kv64/${ours}`)).status).not.toBe(404);
  });

  it("cuts its links by Toxiproxy, sets a clock wrong, and takes proxies and routes away again", async () => {
    const flags = ["--toxiproxy", toxiproxy.url, "--nemesis", "one,clock", "--seconds", "9"];
    expect(await run([...targets(), ...flags])).toBe(0);
    expect(await read("summary.json")).toMatchObject({
      verdict: "valid",
      toxiproxy: { kind: "embedded" },
      faults: { injected: 2, observed: 2 },
    });
    await expectNoTrace();
  });

  it("takes them away also where it is interrupted", async () => {
    const controller = new AbortController();
    const flags = ["--toxiproxy", toxiproxy.url, "--nemesis", "halves", "--seconds", "60"];
    const going = run([...targets(), ...flags], controller.signal);
    const proxies = async () =>
      Object.keys((await (await fetch(`${toxiproxy.url}/proxies`)).json()) as object).length;
    await expect.poll(proxies, { timeout: 20_000 }).toBe(15);
    controller.abort();
    expect(await going).toBe(130);
    await expectNoTrace();
  });

  it.each<[string, () => readonly string[], string]>([
    ["a part of a cluster", () => targets(nodes.urls.slice(1)), "and they lack n1"],
    ["two clusters", () => targets([...nodes.urls, ...other.urls]), "belongs to cluster found"],
    ["another server", () => targets([toxiproxy.url]), "it is no Ringside node"],
    [
      "a node under two names",
      () => targets([...nodes.urls, (nodes.urls[0] ?? "").replace("127.0.0.1", "localhost")]),
      "are both node n1",
    ],
    ["another N", () => [...targets(), "--n", "2"], "Cannot use --n 2: the cluster has 3"],
    ["another engine", () => [...targets(), "--engine", "lmdb"], "the cluster has memory"],
    ["a crash", () => [...targets(), "--nemesis", "crash"], "without --toxiproxy URL: allowed are"],
  ])("refuses %s", async (_, flags, message) => {
    const refused = run(flags());
    await expect(refused).rejects.toThrow(UsageError);
    await expect(refused).rejects.toThrow(message);
  });

  it("breaks, in one line, where a target does not answer", async () => {
    const refused = run(targets([...nodes.urls, "http://127.0.0.1:9"]));
    await expect(refused).rejects.toThrow(/^Cannot ask GET http:\/\/127\.0\.0\.1:9\S+: .*REFUSED/);
    await expect(refused).rejects.not.toThrow(UsageError);
  });
});
