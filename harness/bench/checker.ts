/*
 * `npm run bench:checker`: how long it takes to read and judge a large history. The history is a correct one, so
 * that every checker goes its whole way; the verdict must be valid in all that judges carts and replicas.
 */

import { parseArgs } from "node:util";
import { SeededRandom } from "../../src/base/seeded-random.ts";
import { checkAvailability } from "../checker/availability.ts";
import { gatherCarts } from "../checker/cart-items.ts";
import { checkCausality } from "../checker/causality.ts";
import { checkConvergence } from "../checker/convergence.ts";
import { gatherEvidence } from "../checker/evidence.ts";
import { checkHistorySanity } from "../checker/history-sanity.ts";
import { measureLatency, summarizeLatency } from "../checker/latency.ts";
import { checkLostWrites } from "../checker/lost-writes.ts";
import { checkReadContents } from "../checker/read-contents.ts";
import { checkResurrectedItems } from "../checker/resurrected-items.ts";
import { checkStaleReads } from "../checker/stale-reads.ts";
import { checkUnexpectedItems } from "../checker/unexpected-items.ts";
import { gatherVersions } from "../checker/version-graph.ts";
import { countVersions } from "../checker/versions.ts";
import { formatLine } from "../history/format-line.ts";
import { readHistory } from "../history/read-history.ts";
import { LARGE_HISTORY_HEADER, LARGE_HISTORY_REPLICAS, largeHistory } from "./large-history.ts";

const OPERATIONS_DEFAULT = 1_000_000;
const OPERATIONS_MAX = 1_500_000;
const OPERATIONS_PER_CART = 100;

const HELP = `Usage: npm run bench:checker -- [--operations N]

Makes a correct history of N operations (1 to ${OPERATIONS_MAX}, default ${OPERATIONS_DEFAULT}), reads it and runs the checkers over it; each with its CPU time.`;

function measure(operations: number): void {
  const carts = Math.ceil(operations / OPERATIONS_PER_CART);
  const made = largeHistory(new SeededRandom(1), { operations, carts });
  const text = [JSON.stringify(LARGE_HISTORY_HEADER), ...made.map(formatLine)].join("\n");
  made.length = 0;
  const timed = <T>(name: string, work: () => T): T => {
    const begun = process.cpuUsage();
    const result = work();
    console.log(`${name.padEnd(20)} ${Math.round(cpuSeconds(begun) * 1_000)} ms`);
    return result;
  };
  const begun = process.cpuUsage();
  const startMs = performance.now();
  const { header, lines } = timed("read", () => readHistory(text));
  const evidence = timed("pair and gather", () => gatherEvidence(header, lines, undefined));
  const items = timed("gather carts", () => gatherCarts(evidence.pairs));
  const keys = timed("gather versions", () => gatherVersions(evidence.pairs));
  const plan = { versioning: "dvvset", reconcile: "or-set" } as const;
  const meeting = { ...plan, quorumsMeet: true };
  const results = [
    timed("history-sanity", () => checkHistorySanity(evidence, items)),
    timed("lost-writes", () => checkLostWrites(evidence, items, { versionsOf: keys })),
    timed("unexpected-items", () => checkUnexpectedItems(evidence, items)),
    timed("resurrected-items", () => checkResurrectedItems(evidence, items, "or-set")),
    timed("read-contents", () => checkReadContents(evidence, plan)),
    timed("causality", () => checkCausality(evidence, keys, plan)),
    timed("stale-reads", () => checkStaleReads(keys, meeting)),
    timed("convergence", () => checkConvergence(evidence, { replicas: LARGE_HISTORY_REPLICAS })),
    timed("availability", () => checkAvailability(evidence)),
    timed("versions", () => countVersions(evidence)),
    timed("latency", () => summarizeLatency(measureLatency(evidence))),
  ];
  const seconds = (performance.now() - startMs) / 1_000;
  console.log(
    `${operations} operations, ${lines.length} lines: read and judged in ${seconds.toFixed(2)} s, ${cpuSeconds(begun).toFixed(2)} s of CPU`,
  );
  const wrong = results.flatMap((result) => result?.reasons ?? []);
  if (wrong.length > 0) {
    console.error(`Cannot trust the figure: a correct history was not found valid: ${wrong[0]}`);
    process.exitCode = 70;
  }
}

/** Of all threads, the garbage collector's too: on a busy machine it tells more than the clock. */
function cpuSeconds(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1e6;
}

function main(): void {
  let operations = OPERATIONS_DEFAULT;
  try {
    const { values } = parseArgs({
      options: { help: { type: "boolean" }, operations: { type: "string" } },
    });
    if (values.help === true) {
      console.log(HELP);
      return;
    }
    operations = values.operations === undefined ? operations : Number(values.operations);
    if (!Number.isSafeInteger(operations) || operations < 1 || operations > OPERATIONS_MAX) {
      throw new RangeError(
        `Cannot use --operations ${values.operations}: it must be a whole number of 1 to ${OPERATIONS_MAX}`,
      );
    }
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 64;
    return;
  }
  measure(operations);
}

main();
