/** A simulated run as a file: what a shrunk finding is kept as, and what anybody can replay. */

import { readFile } from "node:fs/promises";
import { WRITE_COORDINATORS } from "../../src/coordinator/write-candidates.ts";
import { linkName } from "../cluster/contract.ts";
import { clientLinks, nodeNames } from "../cluster/node-names.ts";
import type { DelayPlan, WorldPlan } from "../drivers/sim/world-plan.ts";
import { pairsOf } from "../nemesis/probes.ts";
import type { Plan } from "../run/plan.ts";
import { PlanFields, PlanFileError } from "../run/plan-fields.ts";
import { NODES_MAX, readPlan } from "../run/read-plan.ts";
import { writeWhole } from "../run/result-folder.ts";
import { churnProblem, machinesOf, membersAtEnd } from "./churn.ts";
import { killsTwice } from "./draw-faults.ts";
import { coreNodesMin } from "./draw-plan.ts";
import type { FaultContext } from "./parse-fault.ts";
import { parseFault } from "./parse-fault.ts";
import { judged } from "./plan-expectation.ts";
import { removalProblem } from "./removals.ts";
import type { SimPlan } from "./sim-plan.ts";
import { readSnapshotPlan } from "./snapshot-plan.ts";

const FORMAT = "ringside-sim-plan";
const VERSION = 1;
const FAULTS_MAX = 10_000;
const DELAY_MS_MAX = 60_000;
/** Of a member in a node's configuration. */
const CAPACITY_MAX = 1_000;
const ADVERSARY_REQUESTS_MAX = 1_000_000;
const COLD_KEYS_MAX = 10_000;
const DELETED_KEYS_MAX = 10_000;

/** Reads a plan file. Rejects with PlanFileError, one line, on anything that `writePlanFile` cannot have written. */
export async function readPlanFile(path: string): Promise<SimPlan> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new PlanFileError(`Cannot read the plan ${path}: ${error.message}`);
  }
  return parsePlanText(text, path);
}

/** Whole or not at all. Rejects where the disk refuses. */
export async function writePlanFile(path: string, plan: SimPlan): Promise<void> {
  await writeWhole(path, `${JSON.stringify(plan, undefined, 2)}\n`);
}

/** The text of a plan file; `name` is how sentences call it. Throws PlanFileError. */
export function parsePlanText(text: string, name: string): SimPlan {
  return readSimPlan(PlanFields.ofText(text, refusalOf(name)), refusalOf(name));
}

/** A plan from parsed JSON; `name` is how sentences call it. Throws PlanFileError. */
export function parseSimPlan(value: unknown, name: string): SimPlan {
  return readSimPlan(new PlanFields(value, "", refusalOf(name)), refusalOf(name));
}

function refusalOf(name: string): (sentence: string) => never {
  return (sentence) => {
    throw new PlanFileError(`Cannot read the plan ${name}: ${sentence}`);
  };
}

function readSimPlan(fields: PlanFields, refuse: (sentence: string) => never): SimPlan {
  const format = fields.oneOf("format", [FORMAT]);
  const version = fields.oneOf("version", [VERSION]);
  const seed = fields.whole("seed", 0, Number.MAX_SAFE_INTEGER);
  const runFields = fields.object("run");
  const run = readRun(runFields);
  if (run.seed !== seed) runFields.refuse("seed", `the plan's own, ${seed}`);
  const nodes = nodeNames(run.nodes);
  const operations = fields.whole("operations", 1, 10_000_000);
  const adversaryRequests = fields.has("adversaryRequests")
    ? fields.whole("adversaryRequests", 1, ADVERSARY_REQUESTS_MAX)
    : undefined;
  const coldKeys = fields.has("coldKeys") ? fields.whole("coldKeys", 1, COLD_KEYS_MAX) : undefined;
  const deletedKeys = fields.has("deletedKeys")
    ? fields.whole("deletedKeys", 1, DELETED_KEYS_MAX)
    : undefined;
  const snapshot = fields.has("snapshot")
    ? readSnapshotPlan(fields.object("snapshot"), run)
    : undefined;
  const world = readWorld(fields.object("world"), nodes);
  const context: FaultContext = { nodes: machinesOf({ run, world }), refuse };
  const faults = fields.list("faults", FAULTS_MAX, (each, path) => parseFault(each, path, context));
  const core = fields.list("core", NODES_MAX, (each, path) => readNode(each, path, context));
  if (new Set(core).size < core.length) fields.refuse("core", "each node once");
  const membersLeft = membersAtEnd({ run, faults }).length;
  const coreMin = coreNodesMin({ ...run, nodes: membersLeft });
  if (core.length > 0 && core.length < coreMin) {
    fields.refuse("core", `no node at all, or ${coreMin} or more, which can serve alone`);
  }
  fields.end();
  faults.forEach((fault, at) => {
    if (fault.startMs < (faults[at - 1]?.startMs ?? 0)) {
      refuse(
        `faults[${at}] starts before the one in front of it, allowed is the order of their start`,
      );
    }
    const before = faults.slice(0, at).findIndex((other) => killsTwice(other, fault));
    if (before >= 0) {
      refuse(
        `faults[${at}] kills a node that is down by faults[${before}], allowed is one after the other`,
      );
    }
  });
  const asked = { run, world, faults, core, ...(snapshot && { snapshot }) };
  const problem = removalProblem(asked) ?? churnProblem(asked);
  if (problem !== undefined) refuse(problem);
  const computed = judged(run, world, faults);
  if (run.expects.verdict !== computed.expects.verdict) {
    runFields
      .object("expects")
      .refuse("verdict", `what its faults make it, ${computed.expects.verdict}`);
  }
  if (run.beyondBudget !== computed.beyondBudget) {
    runFields.refuse("beyondBudget", `what its faults make it, ${computed.beyondBudget}`);
  }
  const load = {
    run,
    operations,
    ...(adversaryRequests === undefined ? {} : { adversaryRequests }),
    ...(coldKeys === undefined ? {} : { coldKeys }),
    ...(deletedKeys === undefined ? {} : { deletedKeys }),
    ...(snapshot === undefined ? {} : { snapshot }),
  };
  return { format, version, seed, ...load, world, faults, core };
}

/** The plan of a run, held to what a simulated run can be. */
function readRun(fields: PlanFields): Plan {
  const nemesis = fields.list("nemesis", 1, (each) => each);
  if (nemesis[0] !== "none")
    fields.refuse("nemesis", '["none"]: faults stand in the list of their own');
  for (const name of ["external", "toxiproxyUrl", "toxiproxyImage", "slo"]) {
    if (fields.has(name)) fields.refuse(name, "nothing: a simulated run has none");
  }
  fields.oneOf("cluster", ["sim"]);
  fields.oneOf("engine", ["lmdb", "memory"]);
  return readPlan(fields);
}

function readWorld(fields: PlanFields, nodes: readonly string[]): WorldPlan {
  const clocks = fields.object("clocks");
  const unknown = clocks.names().find((name) => !nodes.includes(name));
  if (unknown !== undefined) clocks.refuse(unknown, `a clock of one of ${nodes.join(", ")}`);
  const spares = fields.has("spares") ? fields.whole("spares", 1, NODES_MAX) : undefined;
  const machines = nodeNames(nodes.length + (spares ?? 0));
  const links = fields.object("links");
  const known = pairsOf(machines).concat(clientLinks(machines)).map(linkName);
  const strange = links.names().find((name) => !known.includes(name));
  if (strange !== undefined) links.refuse(strange, "the delays of a link of this cluster");
  const world = {
    network: readDelay(fields.object("network")),
    links: Object.fromEntries(
      links.names().map((name) => [name, readDelay(links.object(name))] as const),
    ),
    choppedShare: fields.number("choppedShare", 0, 1),
    diskWrite: readDelay(fields.object("diskWrite")),
    diskRead: readDelay(fields.object("diskRead")),
    sync: fields.flag("sync"),
    clocks: Object.fromEntries(
      clocks.names().map((node) => [node, readClock(clocks.object(node))] as const),
    ),
    ...(fields.has("capacities") && {
      capacities: readCapacities(fields.object("capacities"), nodes),
    }),
    ...(spares && { spares }),
    settings: readSettings(fields.object("settings")),
  };
  fields.end();
  return world;
}

function readDelay(fields: PlanFields): DelayPlan {
  const minMs = fields.number("minMs", 0, DELAY_MS_MAX);
  const delay = { minMs, meanMs: fields.number("meanMs", minMs, DELAY_MS_MAX) };
  fields.end();
  return delay;
}

function readClock(fields: PlanFields): WorldPlan["clocks"][string] {
  const clock = {
    skewMs: fields.number("skewMs", -1_000_000_000, 1_000_000_000),
    driftPpm: fields.number("driftPpm", -100_000, 100_000),
  };
  fields.end();
  return clock;
}

function readCapacities(
  fields: PlanFields,
  nodes: readonly string[],
): NonNullable<WorldPlan["capacities"]> {
  const capacities = nodes.map((node) => [node, fields.whole(node, 1, CAPACITY_MAX)] as const);
  fields.end();
  return Object.fromEntries(capacities);
}

/** The ranges of a node's configuration. */
function readSettings(fields: PlanFields): WorldPlan["settings"] {
  const ranges = {
    requestTimeoutMs: [10, 60_000],
    hedgeMs: [1, 60_000],
    hintScanMs: [10, 3_600_000],
    tombstoneGraceMs: [0, 30 * 86_400_000],
    retryDownMs: [10, 3_600_000],
    gossipMs: [0, 3_600_000],
    antiEntropyMs: [0, 3_600_000],
    verifyTreesMs: [0, 7 * 86_400_000],
    writeBufferFlushMs: [1, 60_000],
    durableReplicas: [0, 1],
    durableGatherMs: [0, 1_000],
    rowCacheBytes: [0, 4 * 2 ** 30],
    hintsMax: [0, 100_000_000],
    hintBytesMax: [0, 1_000_000_000_000],
    hintDeliveryBytesPerSecond: [4_096, 1_000_000_000_000],
    inFlightMax: [1, 1_000_000],
    peerReadsMax: [1, 1_000_000],
    peerWritesMax: [1, 1_000_000],
    exchangeRequestsMax: [1, 1_000_000],
    rowPagesMax: [1, 1_000],
    stageQueueMax: [0, 1_000_000],
  } as const;
  const settings = Object.entries(ranges)
    .filter(([name]) => fields.has(name))
    .map(([name, [min, max]]) => [name, fields.whole(name, min, max)] as const);
  const chosen = fields.has("writeCoordinator") && {
    writeCoordinator: fields.oneOf("writeCoordinator", WRITE_COORDINATORS),
  };
  fields.end();
  return { ...Object.fromEntries(settings), ...chosen };
}

function readNode(value: unknown, path: string, { nodes, refuse }: FaultContext): string {
  const node = nodes.find((each) => each === value);
  return node ?? refuse(`${path} is ${JSON.stringify(value)}, allowed is ${nodes.join(", ")}`);
}
