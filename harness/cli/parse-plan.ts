/** From the flags of `bench` to a checked plan. Pure: the same flags give the same plan or the same refusal. */

import { isTimed } from "../../src/causality/timed-clock.ts";
import { VERSIONING_MODES } from "../../src/causality/versioning.ts";
import { ROUTINGS } from "../../src/client/routing.ts";
import type { Durability } from "../checker/expects.ts";
import { destroysData, expectationOf } from "../checker/expects.ts";
import { parseSlo, SloError } from "../checker/slo.ts";
import { withinBudget } from "../nemesis/fault-budget.ts";
import { nodesMin, secondsMin } from "../nemesis/schedule.ts";
import type { FaultKind, NemesisKind, Plan } from "../run/plan.ts";
import { NEMESIS_KINDS, RECONCILERS } from "../run/plan.ts";
import {
  CARTS_MAX,
  CLIENTS_MAX,
  CLOCK_ENTRIES_MAX,
  CLUSTERS,
  ENGINES,
  NODES_MAX,
  PARTITIONS_MAX,
  QUORUMS,
  RATE_MAX,
  SECONDS_MAX,
  SEED_MAX,
  WORKLOADS,
  WRITE_BUFFER_MAX,
} from "../run/read-plan.ts";
import { DATACENTER_FLAGS, datacentersOf } from "./datacenter-flags.ts";
import { UsageError } from "./exit-status.ts";
import { EXTERNAL_FLAGS, externalOf, possibleFaults } from "./external-flags.ts";
import type { Flag, FlagValues } from "./flags.ts";
import { oneOf, originOf, readFlags, someOf, wholeNumber } from "./flags.ts";

const TRUNCATE_WORDS = ["off", "reaches", "exceeds"] as const;
const TIMED_MODES = VERSIONING_MODES.filter(isTimed);
/** A simulated disk stands for all that there are. */
const SIM_ENGINES = ["lmdb", "memory"] as const;
const DEFAULT_NEMESIS: readonly FaultKind[] = ["halves", "one", "ring", "bridge", "one-way"];

/** A network for each node, and a published port for each pair: an engine has addresses for some 30 networks in all. */
const DOCKER_NODES_MAX = 9;
const IMAGE_NAME = /^[a-z0-9][\w.:/@-]{0,254}$/;

export const PLAN_FLAGS: Readonly<Record<string, Flag>> = {
  workload: { value: "NAME", help: `${WORKLOADS.join(", ")} (default shopping-cart)` },
  cluster: {
    value: "DRIVER",
    help: "processes (default), docker (containers), external (see --targets) or sim (virtual time, repeatable)",
  },
  ...EXTERNAL_FLAGS,
  nodes: { value: "COUNT", help: `1 to ${NODES_MAX} (default 5)` },
  n: { value: "N", help: "replicas of each key, 1 to --nodes (default 3)" },
  r: { value: "R", help: "replies a read waits for, 1 to N (default 2)" },
  w: { value: "W", help: "acknowledgements a write waits for, 1 to N (default 2)" },
  ...DATACENTER_FLAGS,
  partitions: {
    value: "Q",
    help: `key ranges of the ring, --nodes to ${PARTITIONS_MAX} (default 1024)`,
  },
  quorum: { value: "KIND", help: "sloppy (default) or strict" },
  versioning: { value: "MODE", help: `${VERSIONING_MODES.join(", ")} (default dvvset)` },
  truncate: {
    value: "RULE",
    help: `cut the clocks of ${TIMED_MODES.join(", ")}: off (default), reaches or exceeds --clock-entries-max`,
  },
  "clock-entries-max": {
    value: "COUNT",
    help: `pairs of a clock, 2 to ${CLOCK_ENTRIES_MAX} (default 10)`,
  },
  reconcile: { value: "RULE", help: `${RECONCILERS.join(", ")} (default union)` },
  engine: { value: "ENGINE", help: "lmdb (default, synced), sqlite (synced) or memory" },
  "write-buffer": {
    value: "ROWS",
    help: `acknowledged before they are stored, 0 to ${WRITE_BUFFER_MAX} (default 0)`,
  },
  nemesis: {
    value: "KINDS",
    help: `${NEMESIS_KINDS.join(",")}, separated by commas (default: the partitions)`,
  },
  rate: { value: "OPS", help: `operations begun each second, 1 to ${RATE_MAX} (default 500)` },
  clients: { value: "COUNT", help: `clients at a time, 1 to ${CLIENTS_MAX} (default 20)` },
  carts: { value: "COUNT", help: `1 to ${CARTS_MAX} (default 50)` },
  "clients-roam": { help: "clients talk to both sides of a partition" },
  "client-routing": {
    value: "KIND",
    help: "whom clients ask first: any (default), their home node, or owners, the nodes that keep the key",
  },
  seconds: { value: "S", help: `length of the load, 1 to ${SECONDS_MAX} (default 30)` },
  seed: { value: "SEED", help: "0 to 2^53-1; names the run (default random)" },
  toxiproxy: { value: "URL", help: "use this Toxiproxy instead of the embedded one" },
  "toxiproxy-image": { value: "IMAGE", help: "of Toxiproxy's container, with --cluster docker" },
  slo: {
    value: "SLO",
    help: "for example 'p99.9<300ms', for all operations and the successful ones; missed: invalid",
  },
  "beyond-budget": { help: "allow faults that may destroy acknowledged writes" },
};

/** Throws UsageError, one line that names what is allowed. `randomSeed` is the seed where none is given. */
export function parsePlan(args: readonly string[], randomSeed: number): Plan {
  return planOf(readFlags(args, PLAN_FLAGS).values, randomSeed);
}

/** The plan of flags that were read already; other flags are ignored. */
export function planOf(values: FlagValues, randomSeed: number): Plan {
  const cluster = oneOf(values, "cluster", { words: CLUSTERS, byDefault: "processes" });
  refuseForeignFlags(cluster, values);
  const external = externalOf(values, cluster);
  const nodesMax = cluster === "docker" ? DOCKER_NODES_MAX : NODES_MAX;
  const nodes =
    external?.targets.length ??
    wholeNumber(values, "nodes", { min: 1, max: nodesMax, byDefault: 5 });
  const n = wholeNumber(values, "n", { min: 1, max: nodes, byDefault: Math.min(3, nodes) });
  const quorumDefault = Math.min(2, n);
  const seconds = wholeNumber(values, "seconds", { min: 1, max: SECONDS_MAX, byDefault: 30 });
  const versioning = oneOf(values, "versioning", {
    words: VERSIONING_MODES,
    byDefault: "dvvset",
  });
  const nemesis = nemesisOf(values, { cluster, nodes, seconds });
  const given = {
    workload: oneOf(values, "workload", { words: WORKLOADS, byDefault: "shopping-cart" }),
    cluster,
    nodes,
    n,
    r: wholeNumber(values, "r", { min: 1, max: n, byDefault: quorumDefault }),
    w: wholeNumber(values, "w", { min: 1, max: n, byDefault: quorumDefault }),
    partitions: wholeNumber(values, "partitions", {
      min: nodes,
      max: PARTITIONS_MAX,
      byDefault: 1_024,
    }),
    quorum: oneOf(values, "quorum", { words: QUORUMS, byDefault: "sloppy" }),
    versioning,
    ...truncationOf(values, versioning),
    reconcile: oneOf(values, "reconcile", { words: RECONCILERS, byDefault: "union" }),
    engine: oneOf(values, "engine", {
      words: cluster === "sim" ? SIM_ENGINES : ENGINES,
      byDefault: "lmdb",
    }),
    ...writeBufferOf(values),
    // Of a cluster that the harness did not start it looks at no trees: they hold the keys of others, too.
    ...(external === undefined ? { antiEntropy: true } : {}),
    ...datacentersOf(values, { cluster, nodes, n, nemesis }),
    nemesis,
    rate: wholeNumber(values, "rate", { min: 1, max: RATE_MAX, byDefault: 500 }),
    clients: wholeNumber(values, "clients", { min: 1, max: CLIENTS_MAX, byDefault: 20 }),
    carts: wholeNumber(values, "carts", { min: 1, max: CARTS_MAX, byDefault: 50 }),
    clientsRoam: values["clients-roam"] === true,
    ...clientRoutingOf(values),
    seconds,
    seed: wholeNumber(values, "seed", { min: 0, max: SEED_MAX, byDefault: randomSeed }),
    ...(external === undefined ? {} : { external }),
    toxiproxyUrl: urlOf(values),
    toxiproxyImage: imageOf(values),
    slo: sloOf(values),
    beyondBudget: values["beyond-budget"] === true,
  } as const;
  checkBudget(given);
  return { format: "ringside-plan", version: 1, ...given, expects: expectationOf(given) };
}

function truncationOf(
  values: FlagValues,
  versioning: Plan["versioning"],
): Pick<Plan, "truncate" | "clockEntriesMax"> {
  const truncate = oneOf(values, "truncate", { words: TRUNCATE_WORDS, byDefault: "off" });
  if (truncate === "off") {
    if (values["clock-entries-max"] === undefined) return {};
    throw new UsageError("Cannot use --clock-entries-max without --truncate reaches or exceeds");
  }
  if (!isTimed(versioning)) {
    throw new UsageError(
      `Cannot use --truncate ${truncate} with --versioning ${versioning}: allowed are ${TIMED_MODES.join(", ")}`,
    );
  }
  const clockEntriesMax = wholeNumber(values, "clock-entries-max", {
    min: 2,
    max: CLOCK_ENTRIES_MAX,
    byDefault: 10,
  });
  return { truncate, clockEntriesMax };
}

/** Kinds that were asked for must be possible; of the default ones, those that are possible. */
function nemesisOf(
  values: FlagValues,
  { cluster, nodes, seconds }: Pick<Plan, "cluster" | "nodes" | "seconds">,
): readonly NemesisKind[] {
  const asked = someOf(values, "nemesis", NEMESIS_KINDS);
  const injectable = possibleFaults(values, cluster);
  const kinds =
    asked ?? DEFAULT_NEMESIS.filter((kind) => nodesMin(kind) <= nodes && injectable.includes(kind));
  if (kinds.length === 0) return ["none"];
  if (kinds.length > 1 && kinds.includes("none")) {
    throw new UsageError("Cannot use --nemesis none together with other kinds");
  }
  const powerless = kinds.find((kind) => kind !== "none" && !injectable.includes(kind));
  if (powerless !== undefined) {
    const unproxied = cluster === "external" && values["toxiproxy"] === undefined;
    const where = `--cluster ${cluster}${unproxied ? " without --toxiproxy URL" : ""}`;
    throw new UsageError(
      `Cannot use --nemesis ${powerless} with ${where}: allowed are ${[...injectable, "none"].join(", ")}`,
    );
  }
  const impossible = kinds.find((kind) => nodesMin(kind) > nodes);
  if (impossible !== undefined) {
    throw new UsageError(
      `Cannot use --nemesis ${impossible} with ${nodes} nodes: allowed are ${nodesMin(impossible)} or more`,
    );
  }
  if (seconds < secondsMin(kinds)) {
    throw new UsageError(
      `Cannot use --seconds ${seconds} with --nemesis ${kinds.join(",")}: allowed are ${secondsMin(kinds)} to ${SECONDS_MAX}`,
    );
  }
  return kinds;
}

function checkBudget(plan: Pick<Plan, "nemesis" | "w" | "beyondBudget"> & Durability): void {
  const { beyondBudget, engine, w } = plan;
  const kind = plan.nemesis.find((each) => destroysData(each, plan));
  if (beyondBudget || kind === undefined) return;
  if (withinBudget([{ node: "any node", what: "destroyed" }], w)) return;
  const isSafeOnDisk = !destroysData(kind, { engine: "lmdb" });
  const buffer = plan.writeBufferObjects === undefined ? "" : " without --write-buffer";
  throw new UsageError(
    `Cannot use --nemesis ${kind} with${isSafeOnDisk ? ` --engine ${engine} and` : ""} --w ${w}: one ${kind} may destroy acknowledged writes; use --w 2 or more,${isSafeOnDisk ? ` --engine lmdb${buffer},` : ""} or --beyond-budget`,
  );
}

function clientRoutingOf(values: FlagValues): Pick<Plan, "clientRouting"> {
  const clientRouting = oneOf(values, "client-routing", { words: ROUTINGS, byDefault: "any" });
  return clientRouting === "any" ? {} : { clientRouting };
}

function writeBufferOf(values: FlagValues): Pick<Plan, "writeBufferObjects"> {
  const writeBufferObjects = wholeNumber(values, "write-buffer", {
    min: 0,
    max: WRITE_BUFFER_MAX,
    byDefault: 0,
  });
  return writeBufferObjects === 0 ? {} : { writeBufferObjects };
}

/** What only some drivers understand. */
function refuseForeignFlags(cluster: Plan["cluster"], values: FlagValues): void {
  if (cluster === "sim" && values["toxiproxy"] !== undefined) {
    throw new UsageError("Cannot use --toxiproxy with --cluster sim: its network is simulated");
  }
  if (cluster === "docker" && values["toxiproxy"] !== undefined) {
    throw new UsageError(
      "Cannot use --toxiproxy with --cluster docker: its Toxiproxy must stand in every node's network; --toxiproxy-image chooses it",
    );
  }
  if (cluster === "external" && values["truncate"] !== undefined) {
    throw new UsageError("Cannot use --truncate with --cluster external: its nodes decide that");
  }
  if (cluster !== "docker" && values["toxiproxy-image"] !== undefined) {
    throw new UsageError(
      `Cannot use --toxiproxy-image with --cluster ${cluster}: allowed is --cluster docker`,
    );
  }
}

function imageOf(values: FlagValues): string | undefined {
  const text = values["toxiproxy-image"];
  if (typeof text !== "string") return undefined;
  if (!IMAGE_NAME.test(text)) {
    throw new UsageError(
      `Cannot use --toxiproxy-image ${JSON.stringify(text)}: allowed is a name such as ghcr.io/shopify/toxiproxy:2.12.0`,
    );
  }
  return text;
}

function urlOf(values: FlagValues): string | undefined {
  const text = values["toxiproxy"];
  if (typeof text !== "string") return undefined;
  return originOf("toxiproxy", text, "a URL such as http://127.0.0.1:8474");
}

function sloOf(values: FlagValues): string | undefined {
  const text = values["slo"];
  if (typeof text !== "string") return undefined;
  try {
    parseSlo(text);
  } catch (error) {
    if (!(error instanceof SloError)) throw error;
    throw new UsageError(error.message);
  }
  return text;
}
