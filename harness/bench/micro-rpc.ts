/*
 * How many RPC calls a second two ends in one process exchange over real TCP: 1 KiB puts, many in flight, acknowledged
 * at once. It measures codec, framing, batching and sockets, and nothing of a node.
 */
import { parseArgs } from "node:util";
import { nodeId } from "../../src/base/ids.ts";
import { createNodeEnvironment } from "../../src/platform/node-environment.ts";
import type { PutRequest } from "../../src/protocol/messages.ts";
import type { Outcome } from "../../src/rpc/contract.ts";
import { RpcClient } from "../../src/rpc/rpc-client.ts";
import { RpcServer } from "../../src/rpc/rpc-server.ts";

const HELP = `Usage: node harness/bench/micro-rpc.ts [options]

Two RPC ends in one process over loopback TCP; prints calls a second and latency.

  --seconds N     how long each round measures, 1 to 60 (default 3)
  --rounds N      rounds, 1 to 20; the first is a warm-up (default 3)
  --in-flight N   calls under way at once, 1 to 4096 (default 64)
  --bytes N       record size, 0 to 1048576 (default 1024)
  --help          this text`;

interface Settings {
  readonly seconds: number;
  readonly rounds: number;
  readonly inFlight: number;
  readonly sizeBytes: number;
}

interface Round {
  readonly callsPerSecond: number;
  /** Processor time of both ends together, which other work on the machine hardly changes. */
  readonly cpuMicrosPerCall: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
}

async function main(): Promise<void> {
  const settings = readSettings();
  if (settings === undefined) return;
  const ring = { epoch: 1, digest: "0123456789abcdef" };
  const identityOf = (id: string) => ({
    clusterId: "bench",
    clusterSecret: "bench",
    nodeId: nodeId(id),
    incarnation: "AAAAAAAAAAA",
    ringStamp: () => ring,
  });
  const env = createNodeEnvironment({ nodeId: "bench", logLevel: "warn" });
  const server = new RpcServer(env, {
    identity: identityOf("b"),
    handler: (_from, _request, respond) => respond({ type: "put-reply" }),
  });
  const address = await server.listen("127.0.0.1:0");
  const client = new RpcClient(env, { identity: identityOf("a"), addressOf: () => address });
  const request: PutRequest = {
    type: "put",
    ring,
    key: Buffer.from("key-0000000001"),
    record: Buffer.alloc(settings.sizeBytes, 1),
    hintFor: undefined,
  };
  const rows: Record<string, string>[] = [];
  for (let index = 0; index < settings.rounds; index++) {
    const round = await measure(client, request, settings);
    rows.push({
      round: index === 0 ? "warm-up" : String(index),
      "calls/s": Math.round(round.callsPerSecond).toLocaleString("en"),
      "CPU µs/call": round.cpuMicrosPerCall.toFixed(1),
      "p50 ms": round.p50Ms.toFixed(3),
      "p99 ms": round.p99Ms.toFixed(3),
      "p99.9 ms": round.p999Ms.toFixed(3),
    });
  }
  console.table(rows);
  client.close();
  await server.close();
}

function measure(client: RpcClient, request: PutRequest, settings: Settings): Promise<Round> {
  return new Promise((resolve, reject) => {
    const latenciesMs: number[] = [];
    const peer = nodeId("b");
    const startMs = performance.now();
    const startCpu = process.cpuUsage();
    const endMs = startMs + settings.seconds * 1_000;
    let open = 0;
    const next = (): void => {
      open++;
      const sentMs = performance.now();
      client.call(peer, request, 1_000, (outcome: Outcome) => {
        open--;
        if (outcome.kind !== "reply" || outcome.reply.type !== "put-reply") {
          reject(new Error(`Cannot measure: a call ended as ${JSON.stringify(outcome)}`));
          return;
        }
        const nowMs = performance.now();
        latenciesMs.push(nowMs - sentMs);
        if (nowMs < endMs) next();
        else if (open === 0) {
          resolve(roundOf(latenciesMs, nowMs - startMs, process.cpuUsage(startCpu)));
        }
      });
    };
    for (let index = 0; index < settings.inFlight; index++) next();
  });
}

function roundOf(latenciesMs: number[], elapsedMs: number, cpu: NodeJS.CpuUsage): Round {
  const sorted = Float64Array.from(latenciesMs).sort();
  const at = (quantile: number): number => sorted[Math.floor(quantile * (sorted.length - 1))] ?? 0;
  return {
    callsPerSecond: (1_000 * sorted.length) / elapsedMs,
    cpuMicrosPerCall: (cpu.user + cpu.system) / sorted.length,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    p999Ms: at(0.999),
  };
}

function readSettings(): Settings | undefined {
  const { values } = parseArgs({
    options: {
      seconds: { type: "string", default: "3" },
      rounds: { type: "string", default: "3" },
      "in-flight": { type: "string", default: "64" },
      bytes: { type: "string", default: "1024" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return undefined;
  }
  return {
    seconds: wholeNumber("--seconds", values.seconds, 1, 60),
    rounds: wholeNumber("--rounds", values.rounds, 1, 20),
    inFlight: wholeNumber("--in-flight", values["in-flight"], 1, 4_096),
    sizeBytes: wholeNumber("--bytes", values.bytes, 0, 1_048_576),
  };
}

class UsageError extends Error {
  override readonly name = "UsageError";
}

function wholeNumber(flag: string, text: string, min: number, max: number): number {
  const value = /^[0-9]{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new UsageError(`Cannot use ${flag} ${text}: it must be a whole number of ${min} to ${max}`);
}

try {
  await main();
} catch (error) {
  if (!(error instanceof Error)) throw error;
  const misused = error instanceof UsageError || error instanceof TypeError;
  console.error(misused ? error.message : error.stack);
  process.exitCode = misused ? 64 : 70;
}
