/*
 * `npm run bench:hints`: what a storm of hints does to clients (K-20). A simulated cluster of ten, one of which was away; the nine
 * others keep thousands of hints each for it and hand them over when it is back, while clients read and write keys that it
 * is among the owners of. In virtual time, so that the figures are the same on any machine, however busy. Disks write so many bytes
 * a second and links carry so many; processor time costs nothing, which real nodes would have to share, too.
 */

import { parseArgs } from "node:util";
import { build } from "hdr-histogram-js";
import { actorOf, incarnationOf } from "../../src/base/actor.ts";
import { utf8Bytes } from "../../src/base/bytes.ts";
import { nodeId } from "../../src/base/ids.ts";
import { SeededRandom } from "../../src/base/seeded-random.ts";
import { versioningFor } from "../../src/causality/versioning-for.ts";
import type { Assertions } from "../../src/env/assertions.ts";
import { encodePayload } from "../../src/protocol/payload.ts";
import { encodeRow } from "../../src/replica/row.ts";
import { hintRowKey, recordRowKey } from "../../src/replica/row-keys.ts";
import { createRing } from "../../src/ring/partition-table.ts";
import type { Engine, Write } from "../../src/storage/engine.ts";
import { CALM_WORLD } from "../drivers/sim/calm-world.ts";
import { SimCluster } from "../drivers/sim/sim-cluster.ts";
import { SIM_CLUSTER_ID } from "../drivers/sim/sim-configuration.ts";
import { pairsOf } from "../nemesis/probes.ts";
import { formatCount } from "../report/format.ts";
import { UsageError } from "./usage-error.ts";

const NODES = 10;
const N = 3;
const PARTITIONS = 128;
const VALUE_BYTES = 8_192;
const ROWS_A_WRITE = 100;
/** About a gigabit network, and a disk of some 40 MB/s: an engine writes several pages for a row. */
const LINK_BYTES_PER_SECOND = 100_000_000;
const DISK_BYTES_PER_SECOND = 8_000_000;
/** A node's own default. Exchanges bring what hints have not brought yet; clusters under test begin them fifteen times as often. */
const ANTI_ENTROPY_MS = 15_000;
const UNTIL_MS = 3_600_000;
const RETURNING = "n1";

const HELP = `One of ${NODES} simulated nodes comes back to the hints of the others, with and without a bound on their rate.

  npm run bench:hints -- [flags]

  --hints COUNT     hints in all, 0 to 1,000,000, default 20,000
  --rate COUNT      client requests a second, half of them writes, default 300
  --seconds COUNT   how long clients ask from the moment of the return, default 20
  --w COUNT         acknowledgements a write waits for, 1 to ${N}, default ${N}: fewer, and the others hide the slow one
  --help            this text

Exit status: 0 done, 64 bad use.`;

interface Options {
  readonly hints: number;
  readonly rate: number;
  readonly seconds: number;
  readonly w: number;
}

/** What one run of the storm came to. */
interface Storm {
  /** Hints that were gone in the end. */
  readonly handedOver: number;
  readonly latencies: ReturnType<typeof build>;
  readonly failed: number;
}

async function main(): Promise<void> {
  try {
    const options = readOptions();
    if (options === undefined) console.log(HELP);
    else await compare(options);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(error.message);
    process.exitCode = 64;
  }
}

async function compare(options: Options): Promise<void> {
  const { hints, rate, seconds, w } = options;
  console.log(
    `${formatCount(hints)} hints of ${VALUE_BYTES} bytes from ${NODES - 1} nodes; ${rate} requests a second for ${seconds} s, N=${N} R=1 W=${w}, virtual time`,
  );
  console.log("hint rate             handed over       p50       p99     p99.9       max   failed");
  const mebibyte = 1_024 * 1_024;
  report("no hints", await storm({ ...options, hints: 0 }, 8 * mebibyte));
  report("unbounded", await storm(options, 1e12));
  for (const rateMebibytes of [8, 4, 2]) {
    report(`${rateMebibytes} MiB/s`, await storm(options, rateMebibytes * mebibyte));
  }
}

function report(name: string, { handedOver, latencies, failed }: Storm): void {
  const at = (percentile: number) =>
    `${(latencies.getValueAtPercentile(percentile) / 1_000).toFixed(2)} ms`.padStart(10);
  const figures = `${at(50)}${at(99)}${at(99.9)}${at(100)}`;
  console.log(
    `${name.padEnd(20)}${formatCount(handedOver).padStart(13)}${figures}${String(failed).padStart(9)}`,
  );
}

async function storm(options: Options, bytesPerSecond: number): Promise<Storm> {
  const cluster = stormCluster(options.w, bytesPerSecond);
  const { scheduler } = cluster;
  return await scheduler.run(
    (async () => {
      const chance = new SeededRandom(1);
      await keepHints(cluster, options.hints, chance.fork("hints"));
      await cluster.start();
      const result = await askAll(cluster, options, chance.fork("load"));
      const handedOver = options.hints - hintsLeft(cluster);
      await cluster.stop();
      return { handedOver, ...result };
    })(),
    { untilMs: UNTIL_MS },
  );
}

function stormCluster(w: number, hintDeliveryBytesPerSecond: number): SimCluster {
  const cluster = new SimCluster({
    plan: {
      nodes: NODES,
      n: N,
      r: 1,
      w,
      partitions: PARTITIONS,
      quorum: "sloppy",
      versioning: "dvvset",
      engine: "lmdb",
    },
    world: {
      ...CALM_WORLD,
      choppedShare: 0,
      settings: { hintDeliveryBytesPerSecond, antiEntropyMs: ANTI_ENTROPY_MS },
    },
    seed: 1,
    assertions: IGNORED,
    onCrash: (node, error) => {
      throw new Error(`Node ${node} died`, { cause: error });
    },
    keepsLogs: false,
    diskBytesPerSecond: DISK_BYTES_PER_SECOND,
  });
  for (const link of pairsOf(cluster.nodes)) {
    cluster.net.link(link).add({ kind: "bandwidth", bytesPerSecond: LINK_BYTES_PER_SECOND });
  }
  return cluster;
}

/** What the store says of itself is judged by swarms. */
const IGNORED: Assertions = { always() {}, sometimes() {}, reachable() {} };

/** Keys of which the returning node is one of the owners. */
function* keysOfReturning(prefix: string): Generator<Uint8Array> {
  const ring = ringOf();
  for (let number = 0; ; number += 1) {
    const key = utf8Bytes(`${prefix} ${number}`);
    if (ring.preferenceList(key).slice(0, N).includes(nodeId(RETURNING))) yield key;
  }
}

function ringOf() {
  const nodes = Array.from({ length: NODES }, (_, index) => nodeId(`n${index + 1}`));
  return createRing({ clusterId: SIM_CLUSTER_ID, nodes, partitionCount: PARTITIONS });
}

/**
 * Leaves on the disks what writes of so many keys have left while the node was away: the row with each of the other owners, and its
 * hint with the first stand-in. A hint alone would be a row that its owners lack, which the node, once it has it, would send to them by exchanges.
 */
async function keepHints(cluster: SimCluster, count: number, random: SeededRandom): Promise<void> {
  const ring = ringOf();
  const versioning = versioningFor("dvvset");
  const keys = keysOfReturning("hinted");
  const incarnation = incarnationOf(random.bytes(8));
  const bytes = random.bytes(VALUE_BYTES);
  const payload = encodePayload({ contentType: "", tombstone: false, bytes });
  const left = new Map<string, Write[]>(cluster.nodes.map((node) => [node, []]));
  for (let kept = 0; kept < count; kept += 1) {
    const key = keys.next().value ?? random.bytes(8);
    const list = ring.preferenceList(key);
    const others = list.slice(0, N).filter((node) => node !== RETURNING);
    const actor = actorOf({ nodeId: others[0] ?? nodeId(RETURNING), incarnation, epoch: kept });
    const siblings = versioning.update(versioning.empty, new Map(), payload, { actor, wallMs: 1 });
    const value = encodeRow({ localActor: undefined, record: versioning.encode(siblings) });
    const partition = ring.partitionOf(key);
    const rowKey = recordRowKey(partition, key);
    for (const owner of others) left.get(owner)?.push({ table: "records", key: rowKey, value });
    const hintKey = hintRowKey(nodeId(RETURNING), partition, key);
    left.get(list[N] ?? "")?.push({ table: "hints", key: hintKey, value });
  }
  for (const [node, writes] of left) await store(cluster.machine(node).disk.open(), writes);
}

async function store(engine: Engine, writes: readonly Write[]): Promise<void> {
  for (let at = 0; at < writes.length; at += ROWS_A_WRITE) {
    await engine.write(writes.slice(at, at + ROWS_A_WRITE));
  }
  await engine.close();
}

function hintsLeft({ simNodes }: SimCluster): number {
  return [...simNodes.values()].reduce(
    (sum, { metrics }) => sum + (metrics?.gauges().get("ringside_hints") ?? 0),
    0,
  );
}

/** Asks at a steady rate, whatever the answers take: each latency counts from the moment at which its request was due. */
async function askAll(cluster: SimCluster, { rate, seconds }: Options, random: SeededRandom) {
  const { scheduler } = cluster;
  const latencies = build({ lowestDiscernibleValue: 1, numberOfSignificantValueDigits: 3 });
  // Each written once: blind writes of one key would pile up as siblings, and be what makes everything slow.
  const fresh = keysOfReturning("client");
  const written: Uint8Array[] = [];
  const body = random.bytes(VALUE_BYTES);
  let failed = 0;
  const asked: Promise<void>[] = [];
  for (let count = 0; count < rate * seconds; count += 1) {
    const isWrite = count % 2 === 0;
    const key = (isWrite ? fresh.next().value : random.pick(written)) ?? body;
    if (isWrite) written.push(key);
    const node = random.pick(cluster.nodes);
    const home = cluster.addresses(node).clients.get(node);
    const url = `${home}/kv64/${Buffer.from(key).toString("base64url")}`;
    const sentMs = scheduler.monotonicMs();
    const call = isWrite
      ? { method: "PUT", url, body, timeoutMs: 5_000 }
      : { method: "GET", url, timeoutMs: 5_000 };
    asked.push(
      cluster.http.call(call).then(({ status }) => {
        if (status >= 500 || status === 0) failed += 1;
        latencies.recordValue(Math.max(1, Math.round(1_000 * (scheduler.monotonicMs() - sentMs))));
      }),
    );
    await new Promise<void>((resolve) => scheduler.setTimer(1_000 / rate, resolve));
  }
  await Promise.all(asked);
  return { latencies, failed };
}

function readOptions(): Options | undefined {
  const values = readFlags();
  if (values.help === true) return undefined;
  return {
    hints: wholeOf("hints", values.hints, { low: 0, high: 1_000_000, fallback: 20_000 }),
    rate: wholeOf("rate", values.rate, { low: 1, high: 10_000, fallback: 300 }),
    seconds: wholeOf("seconds", values.seconds, { low: 1, high: 600, fallback: 20 }),
    w: wholeOf("w", values.w, { low: 1, high: N, fallback: N }),
  };
}

function wholeOf(
  name: string,
  text: string | undefined,
  {
    low,
    high,
    fallback,
  }: { readonly low: number; readonly high: number; readonly fallback: number },
): number {
  const value = text === undefined ? fallback : Number(text);
  if (!Number.isSafeInteger(value) || value < low || value > high) {
    throw new UsageError(
      `Cannot use --${name} ${text}: allowed is a whole number of ${low} to ${high}`,
    );
  }
  return value;
}

function readFlags() {
  try {
    return parseArgs({
      options: {
        help: { type: "boolean" },
        hints: { type: "string" },
        rate: { type: "string" },
        seconds: { type: "string" },
        w: { type: "string" },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

await main();
