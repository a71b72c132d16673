import { parseArgs } from "node:util";
import { Bench } from "tinybench";
import { actorOf, incarnationOf } from "../../src/base/actor.ts";
import { utf8Bytes } from "../../src/base/bytes.ts";
import { nodeId } from "../../src/base/ids.ts";
import { macKeyOf, openContext, sealContext } from "../../src/causality/context-token.ts";
import type { VersioningMode } from "../../src/causality/versioning.ts";
import { VERSIONING_MODES } from "../../src/causality/versioning.ts";
import { versioningFor } from "../../src/causality/versioning-for.ts";
import { createRing } from "../../src/ring/partition-table.ts";

/**
 * What causality costs a request: one record with a clock of three actors and one payload, written, merged, encoded and decoded
 * in every mode; its context sealed and opened; its key placed on the ring.
 */
const USAGE = `Usage: node harness/bench/micro-causality.ts [--payload-bytes 1024] [--time-ms 200] [--help]

Measures update, merge, encode and decode of every versioning mode, context tokens, and preference lists.

  --payload-bytes  size of the one value, 0 to 1048576 (default 1024)
  --time-ms        how long each function is measured, 10 to 60000 (default 200)`;

const ACTORS = [1, 2, 3].map((number) =>
  actorOf({
    nodeId: nodeId(`node-${number}`),
    incarnation: incarnationOf(new Uint8Array(8).fill(37 * number)),
    epoch: 100 * number,
  }),
);

function addMode(bench: Bench, mode: VersioningMode, payload: Uint8Array): void {
  const { update, merge, encode, decode, empty } = versioningFor(mode);
  const mints = ACTORS.map((actor, index) => ({ actor, wallMs: 1_000 + index }));
  const stored = mints.reduce((set, mint) => update(set, set.clock, payload, mint), empty);
  const context = stored.clock;
  const mint = { actor: ACTORS[0] ?? actorMissing(), wallMs: 2_000 };
  const updated = update(stored, context, payload, mint);
  const bytes = encode(updated);
  bench.add(`${mode} update`, () => update(stored, context, payload, mint));
  bench.add(`${mode} merge`, () => merge(stored, updated));
  bench.add(`${mode} encode`, () => encode(updated));
  bench.add(`${mode} decode`, () => decode(bytes));
}

function addContext(bench: Bench): void {
  const macKey = macKeyOf("secret", "bench");
  const scope = { clusterId: "bench", key: utf8Bytes("cart-1"), mode: "dvvset" } as const;
  const clock = new Map(ACTORS.map((actor) => [actor, 1_000]));
  const token = sealContext({ ...scope, clock }, macKey);
  bench.add("context seal", () => sealContext({ ...scope, clock }, macKey));
  bench.add("context open", () => openContext(token, scope, macKey));
}

function addRing(bench: Bench): void {
  const nodes = [1, 2, 3, 4, 5].map((number) => nodeId(`node-${number}`));
  const ring = createRing({ clusterId: "bench", nodes, partitionCount: 1_024 });
  const key = utf8Bytes("cart-1");
  bench.add("ring preferenceList", () => ring.preferenceList(key));
}

function actorMissing(): never {
  throw new RangeError("Cannot measure without an actor");
}

function wholeNumber(text: string, name: string, [min, max]: readonly [number, number]): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max) {
    throw new RangeError(
      `Cannot use --${name} ${text}: it must be a whole number of ${min} to ${max}`,
    );
  }
  return value;
}

interface Options {
  readonly help: boolean;
  readonly payloadSizeBytes: number;
  readonly timeMs: number;
}

/** Throws where a flag or its value cannot be used. */
function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      "payload-bytes": { type: "string", default: "1024" },
      "time-ms": { type: "string", default: "200" },
      help: { type: "boolean", default: false },
    },
  });
  return {
    help: values.help,
    payloadSizeBytes: wholeNumber(values["payload-bytes"], "payload-bytes", [0, 1_048_576]),
    timeMs: wholeNumber(values["time-ms"], "time-ms", [10, 60_000]),
  };
}

async function measure(options: Options): Promise<void> {
  const bench = new Bench({ time: options.timeMs, warmupTime: options.timeMs / 2, throws: true });
  const payload = new Uint8Array(options.payloadSizeBytes).fill(7);
  for (const mode of VERSIONING_MODES) {
    addMode(bench, mode, payload);
  }
  addContext(bench);
  addRing(bench);
  await bench.run();
  console.table(bench.table());
}

let options: Options | undefined;
try {
  options = readOptions();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 64;
}
if (options?.help === true) {
  console.log(USAGE);
} else if (options !== undefined) {
  await measure(options);
}
