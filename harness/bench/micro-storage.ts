import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { EngineChoice } from "../../src/platform/open-engine.ts";
import { openEngine } from "../../src/platform/open-engine.ts";
import type { Engine } from "../../src/storage/engine.ts";

/*
 * How long a put takes and how many there are in a second, by engine and by puts in flight. Each of the `in flight` loops
 * writes one key after another, waits for its write, and picks the next key out of a fixed set, so most are overwrites.
 */
const HELP = `Usage: node harness/bench/micro-storage.ts [flags]
  --seconds N       how long each row is measured (0.1 to 60, default 2)
  --value-bytes N   size of a value (0 to 1048576, default 1024)
  --keys N          how many different keys (1 to 1000000, default 10000)
  --folder DIR      where the databases are made and removed again (default .); a memory disk shows no flush
  --help            this text`;

const USAGE_STATUS = 64;
const IN_FLIGHT_COUNTS = [1, 16, 64] as const;

interface BenchOptions {
  readonly seconds: number;
  readonly valueBytes: number;
  readonly keyCount: number;
  readonly folder: string;
}

interface Measured {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

async function main(): Promise<void> {
  const options = readOptions();
  if (options === undefined) {
    return;
  }
  console.log("engine     sync  in flight     puts/s     p50 ms     p99 ms     max ms");
  for (const [engineName, sync] of [
    ["memory", false],
    ["lmdb", false],
    ["lmdb", true],
    ["sqlite", false],
    ["sqlite", true],
  ] as const) {
    for (const inFlight of IN_FLIGHT_COUNTS) {
      const measured = await measure(engineName, sync, inFlight, options);
      const cells = [
        engineName.padEnd(10),
        (sync ? "on" : "off").padEnd(4),
        `${inFlight}`.padStart(10),
        measured.perSecond.toFixed(0).padStart(10),
        ...[measured.p50Ms, measured.p99Ms, measured.maxMs].map((ms) => ms.toFixed(3).padStart(10)),
      ];
      console.log(cells.join(" "));
    }
  }
}

function readOptions(): BenchOptions | undefined {
  try {
    const { values } = parseArgs({
      options: {
        seconds: { type: "string", default: "2" },
        "value-bytes": { type: "string", default: "1024" },
        keys: { type: "string", default: "10000" },
        folder: { type: "string", default: "." },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) {
      console.log(HELP);
      return undefined;
    }
    return {
      seconds: numberIn("seconds", values.seconds, 0.1, 60),
      valueBytes: Math.floor(numberIn("value-bytes", values["value-bytes"], 0, 1_048_576)),
      keyCount: Math.floor(numberIn("keys", values.keys, 1, 1_000_000)),
      folder: values.folder,
    };
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = USAGE_STATUS;
    return undefined;
  }
}

function numberIn(flag: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= min && value <= max)) {
    throw new RangeError(`Cannot use --${flag} ${text}: it must be a number of ${min} to ${max}`);
  }
  return value;
}

async function measure(
  engineName: EngineChoice["engine"],
  sync: boolean,
  inFlight: number,
  options: BenchOptions,
): Promise<Measured> {
  const folder = mkdtempSync(join(options.folder, ".micro-storage-"));
  try {
    const engine = await openEngine({ engine: engineName, folder, sync });
    const keys = Array.from({ length: options.keyCount }, (_, index) =>
      Buffer.from(`key-${index}`),
    );
    const endMs = performance.now() + options.seconds * 1_000;
    const latenciesMs: number[] = [];
    const startMs = performance.now();
    await Promise.all(
      Array.from({ length: inFlight }, (_, loop) =>
        putUntil(endMs, {
          engine,
          keys,
          first: loop * 7_919,
          latenciesMs,
          sizeBytes: options.valueBytes,
        }),
      ),
    );
    const elapsedMs = performance.now() - startMs;
    await engine.close();
    return summary(latenciesMs, elapsedMs);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface PutLoop {
  readonly engine: Engine;
  readonly keys: readonly Uint8Array[];
  readonly first: number;
  readonly latenciesMs: number[];
  readonly sizeBytes: number;
}

async function putUntil(endMs: number, loop: PutLoop): Promise<void> {
  for (let index = loop.first; ; index += 1) {
    const key = loop.keys[index % loop.keys.length];
    const startMs = performance.now();
    if (key === undefined || startMs >= endMs) {
      return;
    }
    // A value of its own for each write, as a node makes them.
    await loop.engine.write([
      { table: "records", key, value: Buffer.alloc(loop.sizeBytes, index) },
    ]);
    loop.latenciesMs.push(performance.now() - startMs);
    if (loop.latenciesMs.length % TURN_EVERY_PUTS === 0) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

/** The memory engine never leaves the microtasks by itself. */
const TURN_EVERY_PUTS = 1_000;

function summary(latenciesMs: number[], elapsedMs: number): Measured {
  const sorted = Float64Array.from(latenciesMs).sort();
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return {
    perSecond: sorted.length / (elapsedMs / 1_000),
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    maxMs: at(1),
  };
}

await main();
