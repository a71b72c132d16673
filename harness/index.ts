/** What other projects may use of the harness: judge a history, run a Toxiproxy, drive clients, read results. */
// biome-ignore-all lint/performance/noBarrelFile: the one entry of the published harness.

export { analyze } from "./checker/analyze.ts";
export { HistoryError } from "./history/history-error.ts";
export type { HistoryHeader, HistoryLine, Operation } from "./history/operation.ts";
export { readHistory } from "./history/read-history.ts";
export type { FaultFile, FaultRecord } from "./nemesis/fault.ts";
export type { Expectation, Plan, Verdict } from "./run/plan.ts";
export type { CheckerResult, Summary } from "./run/summary.ts";
export { openToxiproxy } from "./toxiproxy/controller.ts";
export { startToxiproxyServer } from "./toxiproxy/server.ts";
export { startEmbeddedToxiproxy } from "./toxiproxy/spawn.ts";
