import type { SeededRandom } from "../../src/base/seeded-random.ts";
import { nodeNames } from "../cluster/node-names.ts";
import type { SimFault, SimFaultKind } from "../drivers/sim/world-plan.ts";
import type { Plan } from "../run/plan.ts";
import type { PlanFields } from "../run/plan-fields.ts";
import { chance, wholeBetween } from "./chance.ts";

/** A snapshot that is taken under load and faults, and restored into a fresh cluster when the run is over. */
export interface SnapshotPlan {
  /** Virtual time after the load has begun. */
  readonly startMs: number;
  /** Partitions taken at once. */
  readonly partitionsAtOnce: number;
  /** Nodes that are never asked: W - 1 at most, so that it still covers what W nodes acknowledged. */
  readonly leftOut: readonly string[];
  /** Q of the cluster that it is restored into. */
  readonly restoredPartitions: number;
}

const SHARE = 0.25;
const LEFT_OUT_SHARE = 0.5;
const DURING_FAULT_SHARE = 0.8;
const PARTITIONS = [16, 31, 64, 255, 1_024] as const;
const PARTITIONS_MAX = 65_536;
/** Faults that keep copies from some of a key's nodes, so that hints are kept. */
const ABSENCES: ReadonlySet<SimFaultKind> = new Set([
  "crash",
  "restart",
  "pause",
  "cut",
  "clog",
  "datacenter",
]);

/** Mostly while some nodes cannot be reached: then what a snapshot must find is in few places. */
export function drawSnapshot(
  random: SeededRandom,
  { seconds, w, partitions, nodes }: Pick<Plan, "seconds" | "w" | "partitions" | "nodes">,
  faults: readonly SimFault[],
): { readonly snapshot?: SnapshotPlan } {
  const absences = faults.flatMap((fault) =>
    ABSENCES.has(fault.kind) && "endMs" in fault ? [fault] : [],
  );
  const whenever = { startMs: 0, endMs: 1_000 * seconds };
  const isDuringFault = chance(random, DURING_FAULT_SHARE) && absences.length > 0;
  const absence = isDuringFault ? random.fork("fault").pick(absences) : undefined;
  const when = absence ?? whenever;
  const named = random.shuffle(nodeNames(nodes));
  // Who has copies first: of a node that cannot be reached there is nothing to be left out.
  const present = named.filter((node) => !absence || !nodesOf(absence).includes(node));
  const candidates = [...new Set([...present, ...named])];
  const snapshot = {
    startMs: wholeBetween(random, Math.ceil(when.startMs), Math.ceil(when.endMs)),
    partitionsAtOnce: Math.ceil(partitions / wholeBetween(random, 1, 4)),
    leftOut: candidates.slice(0, chance(random, LEFT_OUT_SHARE) ? w - 1 : 0).sort(),
    restoredPartitions: random.pick(PARTITIONS),
  };
  return chance(random, SHARE) ? { snapshot } : {};
}

/** Throws PlanFileError. */
export function readSnapshotPlan(
  fields: PlanFields,
  { w, nodes }: Pick<Plan, "w" | "nodes">,
): SnapshotPlan {
  const names = nodeNames(nodes);
  const leftOut = fields.list("leftOut", w - 1, (value) => names.find((name) => name === value));
  const known = leftOut.filter((name) => name !== undefined);
  if (new Set(known).size < leftOut.length) fields.refuse("leftOut", "nodes, each once");
  const snapshot = {
    startMs: fields.number("startMs", 0, 86_400_000),
    partitionsAtOnce: fields.whole("partitionsAtOnce", 1, PARTITIONS_MAX),
    leftOut: known,
    restoredPartitions: fields.whole("restoredPartitions", nodes, PARTITIONS_MAX),
  };
  fields.end();
  return snapshot;
}

function nodesOf(fault: SimFault): readonly string[] {
  return "node" in fault ? [fault.node] : fault.links.flatMap(({ from, to }) => [from, to]);
}
