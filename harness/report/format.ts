import { datacenterNames } from "../nemesis/datacenters.ts";
import type { DatacentersPlan, Plan } from "../run/plan.ts";
import type { Summary } from "../run/summary.ts";

/** `12,345`: thousands apart, whatever the locale of the machine. */
export function formatCount(count: number): string {
  if (!Number.isFinite(count)) return "–";
  return Math.round(count)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ",");
}

/** Milliseconds with three significant digits and no unit, for columns that name it. */
export function formatMs(ms: number): string {
  if (!Number.isFinite(ms)) return "–";
  if (ms === 0) return "0";
  if (Math.abs(ms) >= 99.95) return formatCount(ms);
  return ms.toFixed(Math.abs(ms) >= 9.995 ? 1 : 2);
}

/** A duration people read: `850 µs`, `12.3 ms`, `4.20 s`. */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms)) return "–";
  if (ms !== 0 && Math.abs(ms) < 1) return `${Math.round(ms * 1000)} µs`;
  if (Math.abs(ms) < 1000) return `${formatMs(ms)} ms`;
  return `${(ms / 1000).toFixed(2)} s`;
}

/** `99.98 %`; never rounds up to 100 % where something was missing. */
export function formatShare(part: number, whole: number): string {
  if (whole === 0) return "–";
  const percent = (100 * part) / whole;
  if (part === whole) return "100 %";
  return `${(Math.floor(percent * 100) / 100).toFixed(2)} %`;
}

/** Nanoseconds since the start of the run as `12.345 s`. */
export function formatMoment(timeNs: number): string {
  return Number.isFinite(timeNs) ? `${(timeNs / 1e9).toFixed(3)} s` : "–";
}

/** Cuts a text that came from outside down to `lengthMax` characters. */
export function shorten(text: string, lengthMax: number): string {
  return text.length <= lengthMax ? text : `${text.slice(0, lengthMax - 1)}…`;
}

/** Whether the verdict is the one that the plan expects, in one clause. */
export function compareWithExpectation(summary: Pick<Summary, "verdict" | "expects">): {
  readonly met: boolean;
  readonly text: string;
} {
  const mayLose = summary.expects.verdict === "may-lose";
  switch (summary.verdict) {
    case "valid":
      return {
        met: true,
        text: mayLose
          ? "better than it had to be: this run was allowed to lose writes"
          : "as expected",
      };
    case "invalid":
      return mayLose
        ? { met: true, text: "as expected: this run is allowed to lose writes" }
        : { met: false, text: "NOT as expected: this run had to be valid" };
    case "unknown":
      return { met: false, text: "the run proves nothing either way" };
  }
}

/** One line that says what ran: `5 nodes, N=3 R=2 W=2, sloppy quorum, dvvset, union, lmdb`. */
export function describeCluster(cluster: Summary["cluster"] | Plan): string {
  const { nodes, n, r, w, quorum, versioning, reconcile, engine, datacenters } = cluster;
  const places = datacenters === undefined ? "" : ` in ${describeDatacenters(datacenters)}`;
  const size = `${nodes} ${nodes === 1 ? "node" : "nodes"}${places}, N=${n} R=${r} W=${w}`;
  return `${size}, ${quorum} quorum, ${versioning}, ${reconcile}, ${engine}`;
}

/** `3 datacenters (dc1 2, dc2 1, dc3 0 copies)`, or without the copies where they are even. */
function describeDatacenters(plan: DatacentersPlan): string {
  const names = datacenterNames(plan);
  const word = names.length === 1 ? "datacenter" : "datacenters";
  if (plan.replicas === undefined) return `${names.length} ${word} (${names.join(", ")})`;
  const copies = names.map((name, at) => `${name} ${plan.replicas?.[at] ?? 0}`);
  return `${names.length} ${word} (${copies.join(", ")} copies)`;
}
