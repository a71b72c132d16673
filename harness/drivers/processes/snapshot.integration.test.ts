/* Real nodes as processes, archived under writes by the command, and restored into an empty cluster of the same names. */

import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { HttpCallResult } from "../../../src/client/http-caller.ts";
import { createHttpCaller } from "../../../src/platform/http-client.ts";
import type { Cluster } from "../../cluster/contract.ts";
import { openProxies } from "../open-proxies.ts";
import { SMALL_PLAN } from "../testing/small-plan.ts";
import { startProcessCluster } from "./process-cluster.ts";

const SRC = join(import.meta.dirname, "../../../src");
const WRITES_BEFORE = 300;
const http = createHttpCaller();
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "snapshot-test-"));
});
afterAll(async () => {
  http.close();
  await rm(folder, { recursive: true, force: true });
});

function start(run: string): Promise<Cluster> {
  const onFailure = (error: Error): never => {
    throw error;
  };
  return startProcessCluster({
    plan: { ...SMALL_PLAN, engine: "lmdb", writeBufferObjects: 100 },
    run,
    logFolder: join(folder, run),
    keep: false,
    nodeProgram: [process.execPath, join(SRC, "main.ts")],
    openProxies: (address) => openProxies({ url: undefined, address, run, onFailure }),
    onFailure,
  });
}

function command(name: "snapshot" | "restore", args: readonly string[]) {
  return execa(process.execPath, [join(SRC, `${name}.ts`), ...args], { reject: false });
}

function urlsOf(cluster: Cluster, nodes = cluster.nodes): string {
  return nodes.map((node) => cluster.addresses(node).direct).join(",");
}

interface Call {
  readonly body?: string;
  readonly context?: string | undefined;
  readonly query?: string;
}

function ask(
  cluster: Cluster,
  method: string,
  key: string,
  { body, context, query = "" }: Call = {},
): Promise<HttpCallResult> {
  return http.call({
    method,
    url: `${cluster.addresses("n1").direct}/kv64/${Buffer.from(key).toString("base64url")}${query}`,
    headers: context === undefined ? {} : { "x-dynamo-context": context },
    ...(body === undefined ? {} : { body: Buffer.from(body) }),
    timeoutMs: 5_000,
  });
}

/** On a memory disk of 64 KiB, in a mount namespace of its own; nothing is tried where none can be mounted. */
async function expectFullDiskTold(from: string): Promise<void> {
  const onSmallDisk = (script: string) =>
    execa(
      "unshare",
      [
        "-rm",
        "sh",
        "-c",
        `mount -t tmpfs -o size=64k tmpfs "$1" && ${script}`,
        ...["sh", folder, process.execPath, join(SRC, "snapshot.ts"), from],
      ],
      { reject: false },
    );
  if ((await onSmallDisk("true")).exitCode !== 0) return;
  const full = await onSmallDisk(
    '{ "$2" "$3" --from "$4" --to "$1/full"; status=$?; ls "$1/full"; exit $status; }',
  );
  expect([full.exitCode, full.stderr.split("\n").at(-1)]).toEqual([
    70,
    expect.stringMatching(/^Cannot write .*partition-\d+\.rows: ENOSPC/),
  ]);
  expect(full.stdout).toMatch(/^partition-/);
  expect(full.stdout).not.toMatch(/manifest|unfinished/);
}

async function put(cluster: Cluster, number: number): Promise<void> {
  const { status } = await ask(cluster, "PUT", `key ${number}`, { body: `value ${number}` });
  expect(status).toBe(204);
}

test("D-6.2-8 a snapshot under writes, restored into an empty cluster of the same names, holds all that was acknowledged", async () => {
  const old = await start("old");
  const to = join(folder, "archive");
  const incarnations: string[] = [];
  try {
    for (let number = 0; number < WRITES_BEFORE; number += 1) await put(old, number);
    const { headers } = await ask(old, "GET", "key 0");
    const deletion = await ask(old, "DELETE", "key 0", { context: headers["x-dynamo-context"] });
    expect(deletion.status).toBe(204);
    // One node is away for the last of them: its copies are hints.
    await old.processes?.kill("n2");
    for (let number = 0; number < 50; number += 1) await put(old, WRITES_BEFORE + number);
    await old.processes?.restart("n2");

    let next = WRITES_BEFORE + 50;
    const taking = command("snapshot", ["--from", urlsOf(old), "--to", to]);
    let isOver = false;
    const over = (): void => {
      isOver = true;
    };
    taking.then(over, over);
    for (; !isOver; next += 1) await put(old, next);
    const taken = await taking;
    expect([taken.stderr, taken.exitCode]).toEqual([expect.stringMatching(/checking/), 0]);
    expect(taken.stdout).toMatch(/^Took a whole snapshot: \d+ partitions, \d+ rows, .* in /);
    expect(next).toBeGreaterThan(WRITES_BEFORE + 50);

    const again = await command("snapshot", ["--from", urlsOf(old), "--to", to]);
    expect([again.exitCode, again.stderr]).toEqual([
      64,
      "Cannot write into this folder: it holds a snapshot already",
    ]);
    // W is 2: without one node nothing is missing, without two there may be.
    const less = join(folder, "less");
    const partial = await command("snapshot", ["--from", urlsOf(old, ["n1"]), "--to", less]);
    expect([partial.exitCode, partial.stdout]).toEqual([
      1,
      expect.stringContaining("MAY LACK ACKNOWLEDGED WRITES without n2, n3"),
    ]);
    await expectFullDiskTold(urlsOf(old));
    for (const node of old.nodes) incarnations.push((await old.status(node)).incarnation);
  } finally {
    await old.stop();
  }

  const restored = await start("new");
  try {
    const from = ["--from", to];
    const target = ["--to", urlsOf(restored)];
    const some = await command("restore", [...from, "--to", urlsOf(restored, ["n1", "n2"])]);
    expect([some.exitCode, some.stderr.split("\n").at(-1)]).toEqual([
      64,
      "Cannot restore: all nodes of the cluster must be given and answer, and n3 does not",
    ]);
    const less = await command("restore", ["--from", join(folder, "less"), ...target]);
    expect([less.exitCode, less.stderr]).toEqual([64, expect.stringContaining("--incomplete")]);

    const done = await command("restore", [...from, ...target]);
    expect([done.stderr, done.exitCode]).toEqual([expect.stringMatching(/restoring/), 0]);
    const twice = await command("restore", [...from, ...target]);
    expect([twice.exitCode, twice.stderr]).toEqual([64, expect.stringContaining("holds data")]);
    const merged = await command("restore", [...from, ...target, "--merge"]);
    expect(merged.exitCode).toBe(0);

    for (const node of restored.nodes) {
      expect(incarnations).not.toContain((await restored.status(node)).incarnation);
    }
    expect((await ask(restored, "GET", "key 0", { query: "?r=3" })).status).toBe(404);
    for (let number = 1; number < WRITES_BEFORE + 50; number += 1) {
      const read = await ask(restored, "GET", `key ${number}`, { query: "?r=3" });
      expect([read.status, Buffer.from(read.body).toString()]).toEqual([200, `value ${number}`]);
      const context = read.headers["x-dynamo-context"];
      const written = await ask(restored, "PUT", `key ${number}`, { body: "later", context });
      expect(written.status).toBe(204);
      const later = await ask(restored, "GET", `key ${number}`);
      expect([later.status, Buffer.from(later.body).toString()]).toEqual([200, "later"]);
    }
  } finally {
    await restored.stop();
  }
}, 120_000);

test("D-6.2-8 a damaged, cut or missing file is refused in one line, before any node is asked", async () => {
  const archive = join(folder, "archive");
  const restore = async (): Promise<readonly [number | undefined, string]> => {
    const { exitCode, stderr } = await command("restore", [
      ...["--from", archive, "--to", "http://127.0.0.1:1"],
    ]);
    return [exitCode, stderr.split("\n").at(-1) ?? ""];
  };
  const name = (await readdir(archive)).find((each) => each.endsWith(".rows")) ?? "";
  const path = join(archive, name);
  const whole = await readFile(path);
  const expectRefusal = async (reason: string): Promise<void> => {
    expect(await restore()).toEqual([70, expect.stringMatching(reason)]);
  };

  const flipped = Buffer.from(whole);
  flipped.writeUInt8(flipped.readUInt8(40) ^ 1, 40);
  await writeFile(path, flipped);
  await expectRefusal(`^Cannot use partition \\d+: ${name} is damaged`);
  await writeFile(path, whole.subarray(0, whole.length - 3));
  await expectRefusal(`^Cannot use partition \\d+: ${name} has \\d+ bytes and should have`);
  await rm(path);
  await expectRefusal(`^Cannot use partition \\d+: ${name} is missing`);
  await writeFile(path, whole);
  await expectRefusal("^Cannot reach the cluster: .*ECONNREFUSED");
});

test("snapshots again and again, and keeps the newest", async () => {
  const cluster = await start("again");
  const archive = join(folder, "again-archive");
  try {
    await put(cluster, 1);
    const args = ["--from", urlsOf(cluster), "--to", archive, "--every", "1s", "--keep", "2"];
    const taking = execa(process.execPath, [join(SRC, "snapshot.ts"), ...args], { reject: false });
    let taken = 0;
    taking.stdout?.on("data", () => {
      taken += 1;
      if (taken === 4) taking.kill("SIGTERM");
    });
    const { exitCode, stdout } = await taking;
    expect(exitCode).toBe(0);
    expect(stdout.split("\n").every((line) => line.startsWith("Took a whole snapshot"))).toBe(true);
    const names = (await readdir(archive)).filter((name) => !name.startsWith("."));
    expect(names.length).toBeGreaterThanOrEqual(2);
    expect(names.length).toBeLessThanOrEqual(3);
  } finally {
    await cluster.stop();
  }
});
