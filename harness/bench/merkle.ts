/*
 * `npm run bench:merkle`: what hash trees cost a node. Writes of a replica go to one engine, in rounds that take turns with trees
 * and without, so that whatever else the machine does meets both alike; counted is time of the processor, not of the
 * clock. Then how long the trees of all keys take to make at a start, and what memory they keep.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { utf8Bytes } from "../../src/base/bytes.ts";
import { nodeId } from "../../src/base/ids.ts";
import { versioningFor } from "../../src/causality/versioning-for.ts";
import type { Environment } from "../../src/env/environment.ts";
import { openLmdbEngine } from "../../src/platform/lmdb-engine.ts";
import { createNodeEnvironment } from "../../src/platform/node-environment.ts";
import { Life } from "../../src/replica/life.ts";
import { Replica } from "../../src/replica/replica.ts";
import { createRing } from "../../src/ring/partition-table.ts";
import type { Engine } from "../../src/storage/engine.ts";
import { MemoryEngine } from "../../src/storage/memory-engine.ts";
import { formatCount } from "../report/format.ts";
import { UsageError } from "./usage-error.ts";

const KEYS_DEFAULT = 100_000;
const VALUE_BYTES = 1_024;
const PARTITIONS = 1_024;
const WARM_UP_PAIRS = 20;
const PAIRS = 200;
const WRITES_A_ROUND = 1_000;
const IN_FLIGHT = 64;
/** Of a write's own time; the rest of a request, RPC and HTTP, is not even counted. */
const SHARE_MAX = 0.05;
const SELF = nodeId("n1");

const HELP = `Measures what hash trees cost: their share of a replica's writes, and what a start pays for them.

  npm run bench:merkle -- [flags]

  --keys COUNT       keys held, 1000 to 1000000, default ${KEYS_DEFAULT}
  --help             this text

Exit status: 0 done, 64 bad use, 70 the benchmark itself broke.`;

process.exitCode = await main();

async function main(): Promise<number> {
  try {
    const keyCount = readKeyCount();
    if (keyCount === undefined) {
      console.log(HELP);
      return 0;
    }
    console.log(`${formatCount(keyCount)} keys, values of ${VALUE_BYTES} bytes, Q=${PARTITIONS}`);
    for (const engine of ["memory", "lmdb"] as const) await measure(engine, keyCount);
    return 0;
  } catch (error) {
    const isUsage = error instanceof UsageError;
    console.error(isUsage ? error.message : error);
    return isUsage ? 64 : 70;
  }
}

function readKeyCount(): number | undefined {
  let text: string;
  try {
    const { values } = parseArgs({
      options: {
        keys: { type: "string", default: String(KEYS_DEFAULT) },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) return undefined;
    text = values.keys;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1_000 || count > 1_000_000) {
    throw new UsageError(`Cannot use --keys ${text}: allowed is a whole number of 1000 to 1000000`);
  }
  return count;
}

async function measure(engineName: "memory" | "lmdb", keyCount: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "ringside-bench-merkle-"));
  const env = createNodeEnvironment({ nodeId: SELF, logLevel: "error" });
  // One each: a row that two incarnations write in turn would grow with every round.
  const engines = [
    await open(engineName, folder, "a"),
    await open(engineName, folder, "b"),
  ] as const;
  try {
    const keys = Array.from({ length: keyCount }, (_, number) => utf8Bytes(`customer-${number}`));
    const plain = await openReplica(env, engines[0]);
    const kept = await openReplica(env, engines[1]);
    await writeAll(plain, keys);
    await writeAll(kept, keys);
    const built = await buildTrees(kept);
    const { without, withTrees } = await compareWrites({ plain, kept }, keys);
    const share = (withTrees - without) / without;
    console.log(
      `${engineName.padEnd(7)} a write takes ${without.toFixed(2)} us, with trees ${withTrees.toFixed(2)} us: ${(100 * share).toFixed(1)} % (target under ${100 * SHARE_MAX} %)`,
    );
    console.log(
      `${" ".repeat(7)} all trees made in ${built.ms.toFixed(0)} ms (${built.cpuMs.toFixed(0)} ms of processor time), ${(built.bytes / 1_048_576).toFixed(1)} MiB`,
    );
    await kept.trees.stop();
  } finally {
    for (const engine of engines) await engine.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function open(engineName: "memory" | "lmdb", folder: string, name: string): Promise<Engine> {
  return engineName === "memory"
    ? Promise.resolve(new MemoryEngine())
    : openLmdbEngine({ folder: join(folder, name), sync: false });
}

/** What a start pays, and keeps. */
async function buildTrees({
  trees,
}: Replica): Promise<{ readonly ms: number; readonly cpuMs: number; readonly bytes: number }> {
  const bytesBefore = await settledBytes();
  const startMs = performance.now();
  const cpu = process.cpuUsage();
  trees.start({ verifyMs: 0 });
  while (!trees.isBuilt) await new Promise((resolve) => setTimeout(resolve, 5));
  for (let partition = 0; partition < PARTITIONS; partition += 1) trees.treeOf(partition)?.hash();
  const ms = performance.now() - startMs;
  const cpuMs = microsecondsSince(cpu) / 1_000;
  return { ms, cpuMs, bytes: (await settledBytes()) - bytesBefore };
}

async function openReplica(env: Environment, engine: Engine): Promise<Replica> {
  const ring = createRing({ clusterId: "bench", nodes: [SELF], partitionCount: PARTITIONS });
  return Replica.open(env, {
    engine,
    versioning: versioningFor("dvvset"),
    ring: () => ring,
    nodeId: SELF,
    life: await Life.begin(env, { engine, nodeId: SELF }),
  });
}

/** Microseconds of processor time a write: the median without trees, and that of what two rounds in a row differ by. */
async function compareWrites(
  replicas: { readonly plain: Replica; readonly kept: Replica },
  keys: readonly Uint8Array[],
): Promise<{ readonly without: number; readonly withTrees: number }> {
  const without: number[] = [];
  const more: number[] = [];
  for (let pair = 0; pair < WARM_UP_PAIRS + PAIRS; pair += 1) {
    const some = Array.from(
      { length: WRITES_A_ROUND },
      (_, at) => keys[(pair * WRITES_A_ROUND + at) % keys.length] ?? new Uint8Array(1),
    );
    const isKeptFirst = pair % 2 === 1;
    const first = await costOf(isKeptFirst ? replicas.kept : replicas.plain, some);
    const second = await costOf(isKeptFirst ? replicas.plain : replicas.kept, some);
    if (pair < WARM_UP_PAIRS) continue;
    without.push(isKeptFirst ? second : first);
    more.push(isKeptFirst ? first - second : second - first);
  }
  return { without: median(without), withTrees: median(without) + median(more) };
}

async function costOf(replica: Replica, keys: readonly Uint8Array[]): Promise<number> {
  const cpu = process.cpuUsage();
  await writeAll(replica, keys);
  return microsecondsSince(cpu) / keys.length;
}

/** Each write over what the key holds, as a client's that has read it. */
async function writeAll(replica: Replica, keys: readonly Uint8Array[]): Promise<void> {
  const versioning = versioningFor("dvvset");
  for (let at = 0; at < keys.length; at += IN_FLIGHT) {
    const writes = keys.slice(at, at + IN_FLIGHT).map(async (key, position) => {
      const record = await replica.read(key);
      const context = record === undefined ? new Map() : versioning.decode(record).clock;
      const payload = Buffer.alloc(VALUE_BYTES, at + position);
      const { stored } = await replica.mint(key, context, payload, undefined);
      await stored;
    });
    await Promise.all(writes);
  }
}

async function settledBytes(): Promise<number> {
  for (let times = 0; times < 3; times += 1) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function microsecondsSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return user + system;
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
