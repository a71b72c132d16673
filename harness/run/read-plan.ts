/** A run's plan from a file, field by field: a field that is missing or misspelt would switch off a checker that goes by it. */

import { isTimed } from "../../src/causality/timed-clock.ts";
import { VERSIONING_MODES } from "../../src/causality/versioning.ts";
import { parseSlo, SloError } from "../checker/slo.ts";
import type { ExternalPlan, Plan } from "./plan.ts";
import { NEMESIS_KINDS, RECONCILERS } from "./plan.ts";
import type { PlanFields } from "./plan-fields.ts";
import { readDatacenters } from "./read-datacenters.ts";

/** Every pair of nodes takes proxies: 32 nodes take more than 2,000 ports. */
export const NODES_MAX = 32;
export const PARTITIONS_MAX = 65_536;
export const CLOCK_ENTRIES_MAX = 1_000;
export const WRITE_BUFFER_MAX = 1_000_000;
export const RATE_MAX = 100_000;
export const CLIENTS_MAX = 10_000;
export const CARTS_MAX = 100_000;
export const SECONDS_MAX = 86_400;
export const SEED_MAX = Number.MAX_SAFE_INTEGER;
export const WORKLOADS = ["shopping-cart"] as const;
export const CLUSTERS = ["processes", "docker", "external", "sim"] as const;
export const QUORUMS = ["sloppy", "strict"] as const;
export const ENGINES = ["lmdb", "memory", "sqlite"] as const;
const TRUNCATE_RULES = ["reaches", "exceeds"] as const;
const EXPECTED_VERDICTS = ["valid", "may-lose"] as const;
const TEXT_LENGTH_MAX = 1_000;
const LIST_LENGTH_MAX = 1_000;

/**
 * What `plan.json` holds. Refuses, through `fields`, what no version can have written; fields that came later may be missing, as
 * `Plan` says.
 */
export function readPlan(fields: PlanFields): Plan {
  const format = fields.oneOf("format", ["ringside-plan"]);
  const version = fields.oneOf("version", [1]);
  const nodes = fields.whole("nodes", 1, NODES_MAX);
  const n = fields.whole("n", 1, nodes);
  const versioning = fields.oneOf("versioning", VERSIONING_MODES);
  if (fields.has("truncate") && !isTimed(versioning)) {
    fields.refuse("truncate", `nothing: clocks of ${versioning} are never cut`);
  }
  const plan: Plan = {
    format,
    version,
    workload: fields.oneOf("workload", WORKLOADS),
    cluster: fields.oneOf("cluster", CLUSTERS),
    nodes,
    n,
    r: fields.whole("r", 1, n),
    w: fields.whole("w", 1, n),
    partitions: fields.whole("partitions", nodes, PARTITIONS_MAX),
    quorum: fields.oneOf("quorum", QUORUMS),
    versioning,
    ...(fields.has("truncate") && { truncate: fields.oneOf("truncate", TRUNCATE_RULES) }),
    ...(fields.has("clockEntriesMax") && {
      clockEntriesMax: fields.whole("clockEntriesMax", 2, CLOCK_ENTRIES_MAX),
    }),
    reconcile: fields.oneOf("reconcile", RECONCILERS),
    engine: fields.oneOf("engine", ENGINES),
    ...(fields.has("writeBufferObjects") && {
      writeBufferObjects: fields.whole("writeBufferObjects", 1, WRITE_BUFFER_MAX),
    }),
    ...(fields.has("antiEntropy") && { antiEntropy: fields.flag("antiEntropy") }),
    ...(fields.has("datacenters") && {
      datacenters: readDatacenters(fields.object("datacenters"), { nodes, n }),
    }),
    nemesis: readNemesis(fields),
    rate: fields.whole("rate", 1, RATE_MAX),
    clients: fields.whole("clients", 1, CLIENTS_MAX),
    carts: fields.whole("carts", 1, CARTS_MAX),
    clientsRoam: fields.flag("clientsRoam"),
    ...(fields.has("clientRouting") && {
      clientRouting: fields.oneOf("clientRouting", ["owners"]),
    }),
    seconds: fields.whole("seconds", 1, SECONDS_MAX),
    seed: fields.whole("seed", 0, SEED_MAX),
    ...(fields.has("external") && { external: readExternal(fields.object("external"), nodes) }),
    toxiproxyUrl: optionalText(fields, "toxiproxyUrl"),
    ...(fields.has("toxiproxyImage") && {
      toxiproxyImage: fields.text("toxiproxyImage", TEXT_LENGTH_MAX),
    }),
    slo: readSlo(fields),
    beyondBudget: fields.flag("beyondBudget"),
    expects: readExpectation(fields.object("expects")),
  };
  fields.end();
  return plan;
}

function readNemesis(fields: PlanFields): Plan["nemesis"] {
  const kinds = fields.someOf("nemesis", LIST_LENGTH_MAX, NEMESIS_KINDS);
  if (kinds.length === 0) fields.refuse("nemesis", "at least one kind, or none by that name");
  if (kinds.length > 1 && kinds.includes("none")) fields.refuse("nemesis", "none only by itself");
  return kinds;
}

function readExternal(fields: PlanFields, nodes: number): ExternalPlan {
  const targets = fields.list("targets", nodes, (value) =>
    typeof value === "string" ? value : fields.refuse("targets", "a list of URLs"),
  );
  if (targets.length !== nodes) fields.refuse("targets", `one URL for each of ${nodes} nodes`);
  const host = optionalText(fields, "toxiproxyHost");
  const ports = optionalText(fields, "toxiproxyPorts");
  fields.end();
  return {
    targets,
    ...(host !== undefined && { toxiproxyHost: host }),
    ...(ports !== undefined && { toxiproxyPorts: ports }),
  };
}

function readSlo(fields: PlanFields): string | undefined {
  const text = optionalText(fields, "slo");
  if (text === undefined) return undefined;
  try {
    parseSlo(text);
  } catch (error) {
    if (!(error instanceof SloError)) throw error;
    fields.refuse("slo", "for example p99.9<300ms, or nothing");
  }
  return text;
}

function readExpectation(fields: PlanFields): Plan["expects"] {
  const verdict = fields.oneOf("verdict", EXPECTED_VERDICTS);
  const reason = fields.text("reason", TEXT_LENGTH_MAX);
  fields.end();
  return { verdict, reason };
}

function optionalText(fields: PlanFields, name: string): string | undefined {
  return fields.has(name) ? fields.text(name, TEXT_LENGTH_MAX) : undefined;
}
