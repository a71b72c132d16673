import { describe, expect, test } from "vitest";
import { MemoryFiles } from "../../harness/drivers/sim/memory-files.ts";
import { utf8Bytes } from "../base/bytes.ts";
import type { HttpCaller, HttpCallResult } from "../client/http-caller.ts";
import { ClusterWorld } from "../http/testing/cluster-world.ts";
import { Operator, SETTINGS } from "../http/testing/operated-world.ts";
import { KEY_BYTES_MAX } from "../protocol/key-limit.ts";
import { problemResponse } from "../protocol/problem-response.ts";
import { KeptEngine } from "../storage/testing/kept-engine.ts";
import type { SnapshotEnvironment } from "./contract.ts";
import type { Manifest } from "./manifest.ts";
import { MANIFEST_FILE } from "./manifest.ts";
import type { RestoreOptions } from "./restore-snapshot.ts";
import { restoreSnapshot } from "./restore-snapshot.ts";
import type { SnapshotOptions } from "./take-snapshot.ts";
import { takeSnapshot } from "./take-snapshot.ts";
import { urlOf, worldCaller } from "./testing/world-caller.ts";

const PATIENCE = { timeoutMs: 1_000, triesMax: 2, pauseMs: 10 };
const LONE = { versioning: "lww", n: 1, r: 1, w: 1 };
type IsDown = Parameters<typeof worldCaller>[1];

function environmentOf(
  world: ClusterWorld,
  files: MemoryFiles,
  isDown?: IsDown,
): SnapshotEnvironment {
  return { http: worldCaller(world, isDown), clock: world.clock, files };
}

function take(
  world: ClusterWorld,
  files: MemoryFiles,
  { isDown, ...options }: Partial<SnapshotOptions> & { readonly isDown?: IsDown } = {},
): Promise<Manifest> {
  const from = world.names.map(urlOf);
  const environment = environmentOf(world, files, isDown);
  return world.drive(takeSnapshot(environment, { from, patience: PATIENCE, ...options }));
}

function restore(
  world: ClusterWorld,
  files: MemoryFiles,
  options: Partial<RestoreOptions> & { readonly isDown?: IsDown } = {},
): Promise<Manifest> {
  const { isDown, ...others } = options;
  const to = world.names.map(urlOf);
  const environment = environmentOf(world, files, isDown);
  return world.drive(restoreSnapshot(environment, { to, patience: PATIENCE, ...others }));
}

async function worldWith(keys: number, settings: Readonly<Record<string, unknown>> = {}) {
  const world = await ClusterWorld.start(3, settings);
  for (let key = 0; key < keys; key += 1) {
    expect(await world.write("n1", `key ${key}`, `value ${key}`)).toBe(204);
  }
  return world;
}

async function valuesIn(world: ClusterWorld, keys: number): Promise<readonly string[]> {
  const values: string[] = [];
  for (let key = 0; key < keys; key += 1) {
    values.push((await world.read("n1", `key ${key}`, "?r=3")).values.join());
  }
  return values;
}

const VALUES = Array.from({ length: 20 }, (_, key) => `value ${key}`);

describe("D-6.2-8 takeSnapshot() and restoreSnapshot()", () => {
  test.each<readonly [string, number, { readonly [name: string]: number; readonly n: number }]>([
    ["the same partitions", 3, { partitions: 64, n: 3 }],
    ["others", 3, { partitions: 7, n: 3 }],
    ["more nodes and another N", 5, { partitions: 31, n: 2, r: 1, w: 2 }],
    ["fewer nodes", 1, { partitions: 4, n: 1, r: 1, w: 1 }],
  ])("bring everything into a cluster of %s", async (_what, nodes, settings) => {
    const files = new MemoryFiles();
    const old = await worldWith(20);
    await old.write("n2", "key 3", "beside");
    const { context } = await old.read("n1", "key 4");
    await old.request("n1", "DELETE", "/kv64/a2V5IDQ", { context });
    const manifest = await take(old, files);
    expect(manifest).toMatchObject({ complete: true, cluster: { n: 3, w: 2, partitions: 64 } });
    expect(manifest.partitions.every(({ coversFromW }) => coversFromW === 1)).toBe(true);

    const fresh = await ClusterWorld.start(nodes, settings);
    await restore(fresh, files);
    const query = `?r=${settings.n}`;
    for (const [key, value] of VALUES.entries()) {
      const read = await fresh.read("n1", `key ${key}`, query);
      const expected = key === 3 ? ["beside", value] : key === 4 ? [] : [value];
      expect([key, read.values]).toEqual([key, expected]);
    }
    const { context: later } = await fresh.read("n1", "key 3", query);
    expect(await fresh.write("n1", "key 3", "both", later)).toBe(204);
    expect((await fresh.read("n1", "key 3", query)).values).toEqual(["both"]);
  });

  test("say from which W on writes are there for sure, by the nodes that were missing", async () => {
    const world = await worldWith(20);
    const partitionsOf = async (options: Parameters<typeof take>[2]) => {
      const { complete, partitions } = await take(world, new MemoryFiles(), options);
      return { complete, covers: new Set(partitions.map(({ coversFromW }) => coversFromW)) };
    };
    const isDown = (node: string) => node === "n3";
    expect(await partitionsOf({ isDown })).toEqual({ complete: true, covers: new Set([2]) });
    expect(await partitionsOf({ from: ["http://n2"] })).toEqual({
      complete: false,
      covers: new Set([3]),
    });
    let asked = 0;
    const failsLate = (node: string, { pathname }: URL) =>
      node === "n1" && pathname === "/admin/rows" && ++asked > 4;
    expect(await partitionsOf({ isDown: failsLate })).toEqual({
      complete: true,
      covers: new Set([1, 2]),
    });
  });

  test("wait for a node that is away for a moment, where it is needed", async () => {
    const world = await worldWith(20);
    let asked = 0;
    // Both fail for one attempt, with all of its tries.
    const isDown = (node: string, { pathname }: URL) =>
      node !== "n3" && pathname === "/admin/rows" && ++asked <= 4;
    const { complete, partitions } = await take(world, new MemoryFiles(), { isDown });
    expect(complete).toBe(true);
    expect(partitions.flatMap(({ missing }) => missing)).toEqual([]);
  });

  test("wait for it also while another node is away for good", async () => {
    const world = await worldWith(20);
    let asked = 0;
    const isDown = (node: string, { pathname }: URL) =>
      node === "n1" || (node === "n2" && pathname === "/admin/rows" && ++asked <= 2);
    const { complete, partitions } = await take(world, new MemoryFiles(), { isDown });
    expect(complete).toBe(true);
    expect(new Set(partitions.map(({ missing }) => missing.join()))).toEqual(new Set(["n1"]));
  });

  test("leave nothing of an attempt that was made again", async () => {
    const world = await worldWith(20);
    let asked = 0;
    // Of the first attempt n3 alone is there, of those after it nobody.
    const isDown = (node: string, { pathname }: URL) =>
      pathname === "/admin/rows" && (node !== "n3" || ++asked > 2);
    const files = new MemoryFiles();
    const { partitions } = await take(world, files, { isDown });
    expect(partitions.flatMap(({ file }) => file ?? [])).toEqual([]);
    expect(await files.names()).toEqual([MANIFEST_FILE]);
  });

  test("count nodes that are no primaries as well, also where quorums are strict: clients may ask for a sloppy one", async () => {
    const world = await ClusterWorld.start(5, { quorum: "strict", n: 3, w: 2 });
    const isDown = (node: string) => node === "n4" || node === "n5";
    const { complete, partitions } = await take(world, new MemoryFiles(), { isDown });
    expect(new Set(partitions.map(({ coversFromW }) => coversFromW))).toEqual(new Set([3]));
    expect(complete).toBe(false);
  });

  test("count a node as missing where its copy is damaged, and take the others'", async () => {
    const world = new ClusterWorld(3);
    const damaged = new KeptEngine();
    for (const name of world.names) {
      await world.startNode(name, name === "n2" ? damaged : new KeptEngine());
    }
    for (let key = 0; key < 5; key += 1) await world.write("n1", `key ${key}`, `value ${key}`);
    await world.pass(50);
    await damaged.damage("records");
    const files = new MemoryFiles();
    const { partitions } = await take(world, files);
    const missing = partitions.filter((entry) => entry.missing.length > 0);
    expect(missing.every((entry) => entry.rows > 0 && entry.missing.join() === "n2")).toBe(true);
    expect(missing.length).toBe(partitions.filter(({ rows }) => rows > 0).length);
    const fresh = await ClusterWorld.start(3);
    await restore(fresh, files);
    expect(await valuesIn(fresh, 5)).toEqual(VALUES.slice(0, 5));
  });

  test("promise nothing for partitions that took as long as tombstones stay", async () => {
    // Every page needs two attempts, so that hints and rows together take at least two pauses.
    const everyOther = (): IsDown => {
      const failed = new Set<string>();
      return (_node, { href, pathname }) => {
        if (pathname !== "/admin/rows" || failed.delete(href)) return false;
        failed.add(href);
        return true;
      };
    };
    const coversWith = async (tombstoneGraceMs: number) => {
      const world = await worldWith(5, { tombstoneGraceMs });
      const { complete, partitions } = await take(world, new MemoryFiles(), {
        isDown: everyOther(),
      });
      return { complete, covers: new Set(partitions.map(({ coversFromW }) => coversFromW)) };
    };
    expect(await coversWith(20)).toEqual({ complete: false, covers: new Set([null]) });
    expect(await coversWith(1_000)).toEqual({ complete: true, covers: new Set([1]) });
    expect(await coversWith(0)).toEqual({ complete: true, covers: new Set([1]) });
  });

  test("take some partitions alone", async () => {
    const world = await worldWith(20);
    const files = new MemoryFiles();
    const { partitions } = await take(world, files, {
      partitions: () => ({ first: 10, last: 40 }),
    });
    expect(partitions.map(({ partition }) => partition)).toEqual(
      Array.from({ length: 31 }, (_, index) => 10 + index),
    );
    const fresh = await ClusterWorld.start(3);
    await expect(restore(fresh, files)).rejects.toThrow("it is of 31 of 64 partitions");
    await restore(fresh, files, { mayBeIncomplete: true });
    const ring = world.at("n1").node.ring();
    const isTaken = (key: number) => {
      const partition = ring.partitionOf(utf8Bytes(`key ${key}`));
      return partition >= 10 && partition <= 40;
    };
    expect(await valuesIn(fresh, 20)).toEqual(
      VALUES.map((value, key) => (isTaken(key) ? value : "")),
    );
  });

  test("leave no manifest where nobody answers, and write into no folder that holds a snapshot", async () => {
    const world = await worldWith(3);
    const files = new MemoryFiles();
    await expect(take(world, files, { isDown: () => true })).rejects.toThrow(
      /^Cannot reach the cluster: /,
    );
    expect(await files.names()).toEqual([]);
    await take(world, files);
    await expect(take(world, files)).rejects.toThrow("it holds a snapshot already");
  });
});

describe("K-14 restoreSnapshot() of rows from ahead of the nodes' clocks", () => {
  /** Of 20 keys the last was written an hour ahead. */
  async function aheadSnapshot(): Promise<MemoryFiles> {
    const files = new MemoryFiles();
    const world = await worldWith(19, { versioning: "lww" });
    world.clock.setWallOffset(3_600_000);
    expect(await world.write("n1", "key 19", "value 19")).toBe(204);
    await take(world, files);
    return files;
  }

  test("ends with the node's reason, and goes through once the clocks have come to them", async () => {
    const files = await aheadSnapshot();
    const fresh = await ClusterWorld.start(3, { versioning: "lww" });
    await expect(restore(fresh, files)).rejects.toThrow(
      /Cannot take the row of key 6b6579203139: it was written \d+ ms ahead of this node's clock/,
    );
    fresh.clock.setWallOffset(3_600_000);
    await restore(fresh, files, { mayMerge: true });
    expect(await valuesIn(fresh, 20)).toEqual(VALUES);
  });

  test("leaves them out where it may, tells of each at each node, and brings all others", async () => {
    const files = await aheadSnapshot();
    const fresh = await ClusterWorld.start(3, { versioning: "lww" });
    const refused: string[] = [];
    await restore(fresh, files, {
      onRefused: ({ key, node, reason }) => {
        expect(reason).toMatch(/^Cannot POST [^\n]*answered 400[^\n]*ahead of this node's clock/);
        refused.push(`${Buffer.from(key)} at ${node}`);
      },
    });
    expect(refused.sort()).toEqual(["key 19 at n1", "key 19 at n2", "key 19 at n3"]);
    expect(await valuesIn(fresh, 20)).toEqual([...VALUES.slice(0, 19), ""]);
  });

  test("names the longest key, and why, on one line", async () => {
    const key = "x".repeat(KEY_BYTES_MAX);
    const old = await ClusterWorld.start(1, LONE);
    old.clock.setWallOffset(3_600_000);
    expect(await old.write("n1", key, "v")).toBe(204);
    const files = new MemoryFiles();
    await take(old, files);
    const fresh = await ClusterWorld.start(1, LONE);
    const whole = new RegExp(
      `^[^\\n]* row of key (?:78){${KEY_BYTES_MAX}}: it was[^\\n]* is allowed`,
    );
    await expect(restore(fresh, files)).rejects.toThrow(whole);
    const reasons: string[] = [];
    const onRefused: RestoreOptions["onRefused"] = ({ reason }) => void reasons.push(reason);
    await restore(fresh, files, { onRefused });
    expect(reasons).toEqual([expect.stringMatching(whole)]);
  });

  test("go through where the nodes allow for clocks that are so far apart", async () => {
    const files = await aheadSnapshot();
    const clockSkewMaxMs = 2 * 3_600_000;
    const fresh = await ClusterWorld.start(3, { versioning: "lww", clockSkewMaxMs });
    await restore(fresh, files);
    expect(await valuesIn(fresh, 20)).toEqual(VALUES);
  });
});

describe("D-6.2-8 restoreSnapshot() that may leave out rows leaves out none, and ends, where", () => {
  /** `atPost` is asked before each page of rows is sent, and may answer in the node's place. */
  async function expectEnd(
    world: ClusterWorld,
    reason: RegExp,
    atPost: (post: number) => Promise<HttpCallResult | undefined>,
  ): Promise<void> {
    const files = new MemoryFiles();
    await take(await worldWith(20), files);
    const nodes = worldCaller(world);
    let posts = 0;
    const http: HttpCaller = {
      async call(call) {
        const answer = call.method === "POST" ? await atPost(++posts) : undefined;
        return answer ?? nodes.call(call);
      },
    };
    const refused: string[] = [];
    const restored = restoreSnapshot(
      { http, clock: world.clock, files },
      {
        to: world.names.map(urlOf),
        patience: PATIENCE,
        onRefused: ({ key }) => void refused.push(`${Buffer.from(key)}`),
      },
    );
    await expect(world.drive(restored)).rejects.toMatchObject({
      kind: "failure",
      message: expect.stringMatching(reason),
    });
    expect(refused).toEqual([]);
  }

  test("a node owns healthy rows no more, since the members changed", async () => {
    const world = await ClusterWorld.start(3, { n: 1, r: 1, w: 1, ...SETTINGS }, 1);
    const operator = new Operator(world);
    await expectEnd(world, /: this node is not among its first N$/, async (post) => {
      if (post !== 3) return undefined;
      await operator.add("n4", "n1");
      await operator.until(["n1", "n2", "n3", "n4"]);
      return undefined;
    });
  });

  test.each<readonly [string, HttpCallResult, RegExp]>([
    [
      "a page is malformed",
      problemResponse("bad-request", "Cannot read a page"),
      /400: Cannot read a page$/,
    ],
    [
      "a proxy answers for the node",
      { status: 400, headers: {}, body: Buffer.from("<h1>Bad request</h1>") },
      /400 <h1>Bad request<\/h1>$/,
    ],
  ])("%s, and asks once", async (_what, answer, reason) => {
    let asked = 0;
    const world = await ClusterWorld.start(1, { n: 1, r: 1, w: 1 });
    await expectEnd(world, reason, (post) => {
      asked = post;
      return Promise.resolve(answer);
    });
    expect(asked).toBe(1);
  });
});

describe("D-6.2-8 restoreSnapshot() writes nothing where", () => {
  async function expectRefusal(
    spoil: (files: MemoryFiles) => void,
    reason: RegExp,
    settings: Readonly<Record<string, unknown>> = {},
    options: Parameters<typeof restore>[2] = {},
  ): Promise<void> {
    const files = new MemoryFiles();
    await take(await worldWith(20), files);
    spoil(files);
    const fresh = await ClusterWorld.start(3, settings);
    await expect(restore(fresh, files, options)).rejects.toThrow(reason);
    expect(await fresh.at("n1").engine.count("records")).toBe(0);
  }
  const lastFile = (files: MemoryFiles): [string, Buffer] => {
    const name = [...files.contents.keys()].filter((each) => each !== MANIFEST_FILE).at(-1) ?? "";
    return [name, Buffer.from(files.contents.get(name) ?? [])];
  };

  test("a bit of the last file is flipped", () =>
    expectRefusal((files) => {
      const [name, bytes] = lastFile(files);
      bytes.writeUInt8(bytes.readUInt8(bytes.length - 20) ^ 4, bytes.length - 20);
      files.contents.set(name, bytes);
    }, /is damaged: its checksum is another$/));

  test("a file is cut off", () =>
    expectRefusal((files) => {
      const [name, bytes] = lastFile(files);
      files.contents.set(name, bytes.subarray(1));
    }, /has \d+ bytes and should have \d+$/));

  test("a file is missing", () =>
    expectRefusal((files) => files.contents.delete(lastFile(files)[0]), /is missing$/));

  test("the manifest is missing, garbled or of another version", async () => {
    const change = (find: string, put: string) => (files: MemoryFiles) => {
      const text = Buffer.from(files.contents.get(MANIFEST_FILE) ?? []).toString();
      expect(text).toContain(find);
      files.contents.set(MANIFEST_FILE, Buffer.from(text.replace(find, put)));
    };
    await expectRefusal((files) => files.contents.delete(MANIFEST_FILE), /^Cannot find a snapshot/);
    await expectRefusal(change('"n": 3', '"n": 2'), /it is damaged: its checksum is another$/);
    await expectRefusal(
      change('"version": 1', '"version": 2'),
      /version is 2 and only 1 is known$/,
    );
    await expectRefusal(change('"ringside-snapshot"', '"other"'), /is no manifest of a snapshot$/);
    await expectRefusal(change("{", "}"), /it is not JSON$/);
  });

  test("the cluster has another versioning, is not all there, or is not empty", async () => {
    const nothing = () => {};
    await expectRefusal(nothing, /is of versioning dvvset and the cluster has merged$/, {
      versioning: "merged",
    });
    await expectRefusal(
      nothing,
      /all nodes of the cluster must be given.*n3/,
      {},
      {
        isDown: (node) => node === "n3",
      },
    );
    const files = new MemoryFiles();
    const old = await worldWith(20);
    await take(old, files);
    await expect(restore(old, files)).rejects.toThrow(/a cluster that holds data: node n\d has/);
    await restore(old, files, { mayMerge: true });
    expect(await valuesIn(old, 20)).toEqual(VALUES);
  });

  test("the snapshot may lack writes, unless that is allowed", async () => {
    const files = new MemoryFiles();
    await take(await worldWith(20), files, { from: ["http://n1"] });
    const fresh = await ClusterWorld.start(3);
    await expect(restore(fresh, files)).rejects.toThrow("it may lack acknowledged writes");
    await restore(fresh, files, { mayBeIncomplete: true });
    expect(await valuesIn(fresh, 20)).toEqual(VALUES);
  });
});

test("D-6.2-8 nodes of one cluster must say the same", async () => {
  const one = await worldWith(1);
  const other = await ClusterWorld.start(3, { clusterId: "other" });
  const both = {
    call: (call: Parameters<ReturnType<typeof worldCaller>["call"]>[0]) =>
      worldCaller(call.url.includes("n2") ? other : one).call(call),
  };
  const environment = { http: both, clock: one.clock, files: new MemoryFiles() };
  const from = ["http://n1", "http://n2"];
  await expect(one.drive(takeSnapshot(environment, { from }))).rejects.toThrow(
    /^Cannot use .* as one cluster: /,
  );
});
