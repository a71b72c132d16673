/*
 * `npm run bench:harness`: how many operations a second the harness itself can generate, time and record to a file, with a
 * client that does nothing. What the harness cannot keep up with, it would blame on the store.
 */

import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { SeededRandom } from "../../src/base/seeded-random.ts";
import { createNodeClock } from "../../src/platform/node-clock.ts";
import { cartKeys, cartOperations } from "../../workloads/shopping-cart.ts";
import type { WorkloadClients } from "../client/contract.ts";
import { limit } from "../generator/combinators.ts";
import { interpret } from "../generator/interpreter.ts";
import { openLoop } from "../generator/open-loop.ts";
import type { Completion } from "../history/recorder.ts";
import { Recorder } from "../history/recorder.ts";

const TARGET_PER_SECOND = 100_000;
const OPERATIONS_DEFAULT = 500_000;
const OPERATIONS_MAX = 5_000_000;

const HELP = `Usage: npm run bench:harness -- [--operations N]

Generates, times and records N operations (1 to ${OPERATIONS_MAX}, default ${OPERATIONS_DEFAULT}) against a client that does
nothing, on one core, into a real file. Exit status 1 under ${TARGET_PER_SECOND} operations a second.`;

const NODES = ["n1", "n2", "n3", "n4", "n5"];

/** Answers at once, as a view of a small cart would. */
const idleClients: WorkloadClients = {
  open: (_, homeNode) => {
    const completion: Completion = { type: "ok", node: homeNode, value: "i1", versions: 1 };
    return { invoke: async () => completion, close: () => {} };
  },
};

async function measure(operations: number, file: string): Promise<void> {
  const environment = { clock: createNodeClock(), random: new SeededRandom(1) };
  const descriptor = openSync(file, "w");
  const header = {
    format: "ringside-history",
    version: 1,
    workload: "shopping-cart",
    seed: 1,
    nodes: NODES,
  } as const;
  const sink = { write: (text: string) => void writeSync(descriptor, text) };
  const recorder = new Recorder(environment, sink, header);
  // Everything is overdue from the start, so that only the harness's own speed counts.
  const load = openLoop({ ratePerSecond: 1e9, arrivals: "poisson" }, cartOperations(cartKeys(50)));
  const startMs = environment.clock.monotonicMs();
  const result = await interpret(
    environment,
    { generator: limit(operations, load), clients: idleClients, recorder },
    { nodes: NODES, processes: 20, timeLimitNs: 600e9, drainMs: 0 },
  );
  await recorder.flush();
  const seconds = (environment.clock.monotonicMs() - startMs) / 1_000;
  closeSync(descriptor);
  report(result.ok, operations, seconds, file);
}

function report(done: number, wanted: number, seconds: number, file: string): void {
  const lines = readFileSync(file, "latin1").split("\n").length - 2;
  const perSecond = Math.round(done / seconds);
  const recorded = `${lines} lines, ${(statSync(file).size / 1e6).toFixed(1)} MB`;
  console.log(
    `${perSecond} operations/s generated, timed and recorded: ${done} in ${seconds.toFixed(2)} s (${recorded}); target ${TARGET_PER_SECOND}`,
  );
  if (done !== wanted || lines !== 2 * wanted) {
    console.error(`Cannot trust the figure: ${done} operations and ${lines} lines for ${wanted}`);
    process.exitCode = 70;
  } else if (perSecond < TARGET_PER_SECOND) {
    process.exitCode = 1;
  }
}

function operationsFrom(text: string | undefined): number {
  const operations = text === undefined ? OPERATIONS_DEFAULT : Number(text);
  if (!Number.isSafeInteger(operations) || operations < 1 || operations > OPERATIONS_MAX) {
    throw new RangeError(
      `Cannot use --operations ${text}: it must be a whole number of 1 to ${OPERATIONS_MAX}`,
    );
  }
  return operations;
}

async function main(): Promise<void> {
  let operations: number;
  try {
    const { values } = parseArgs({
      options: { help: { type: "boolean" }, operations: { type: "string" } },
    });
    if (values.help === true) {
      console.log(HELP);
      return;
    }
    operations = operationsFrom(values.operations);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 64;
    return;
  }
  const folder = mkdtempSync(path.join(tmpdir(), "ringside-bench-"));
  try {
    await measure(operations, path.join(folder, "history.jsonl"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

await main();
