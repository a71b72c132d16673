/**
 * A cluster that the harness did not start and leaves running.
 *
 * Nodes that were started with `testFaults` let their wall clocks be set, and, with a Toxiproxy that both the harness and the
 * nodes reach, their links be cut: links have proxies there as in any cluster under test, and each node is told to dial its
 * peers through them (`POST /admin/routes`). At the end clocks are right and the nodes dial as their configurations say.
 * Processes and disks stay out of reach, and so is everything where a node lacks `testFaults`: the cluster is then loaded and
 * judged as it is.
 *
 * The names of the proxies come from the cluster's id, so that a run finds and removes what a killed one has left; two
 * runs on one cluster at a time would take each other's proxies away, and neither would come out valid.
 */

import type { ClockPower, Cluster } from "../../cluster/contract.ts";
import type { Plan } from "../../run/plan.ts";
import { boundedRequest } from "../bounded-request.ts";
import type { CleanUp } from "../clean-up.ts";
import { startOrUndo } from "../clean-up.ts";
import type { NodeApi } from "../node-api.ts";
import { nodeApi } from "../node-api.ts";
import { lookUp } from "../wiring.ts";
import { forEachNode } from "./for-each-node.ts";
import type { Links } from "./lead-through-proxies.ts";
import { leadThroughProxies } from "./lead-through-proxies.ts";
import type { ClusterFacts, Survey } from "./survey.ts";
import { FACTS, surveyTargets } from "./survey.ts";

export interface ExternalClusterOptions {
  readonly plan: ClusterFacts & Pick<Plan, "external" | "nemesis" | "toxiproxyUrl">;
  /** Unique among all runs: what keys begin with. */
  readonly run: string;
  /** How long the nodes may take to reach each other through Toxiproxy, in milliseconds; as any cluster unless given. */
  readonly linkTimeoutMs?: number;
  /** Told when Toxiproxy stops answering. */
  readonly onFailure: (error: Error) => void;
}

/** Rejects with one line where the targets are not the plan's cluster; nothing is left changed then. */
export function startExternalCluster(options: ExternalClusterOptions): Promise<Cluster> {
  return startOrUndo((cleanUp) => startParts(options, cleanUp));
}

async function startParts(options: ExternalClusterOptions, cleanUp: CleanUp): Promise<Cluster> {
  const { plan, run } = options;
  const survey = await surveyTargets(plan.external?.targets ?? [], boundedRequest);
  checkFacts(plan, survey);
  checkTestFaults(plan, survey);
  const nodes = survey.nodes.map(({ name }) => name);
  const apiOf = lookUp(
    new Map(survey.nodes.map(({ name, url }) => [name, nodeApi(url, boundedRequest)])),
  );
  const clocks = plan.nemesis.includes("clock")
    ? await takeClocks({ nodes, apiOf }, cleanUp)
    : undefined;
  const { external, toxiproxyUrl } = plan;
  const { linkTimeoutMs, onFailure } = options;
  const links =
    toxiproxyUrl === undefined
      ? unproxied(survey)
      : await leadThroughProxies(
          { survey, apiOf },
          { ...external, url: toxiproxyUrl, linkTimeoutMs, onFailure },
          cleanUp,
        );
  return {
    driver: "external",
    nodes,
    keyPrefix: `${run}/`,
    ...links,
    status: async (node) => apiOf(node).status(),
    probe: async (node, peer) => apiOf(node).probe(peer),
    replica: async (node, key) => apiOf(node).replica(key),
    trees: async (node) => apiOf(node).trees(),
    processes: undefined,
    machines: undefined,
    clocks,
    stop: () => cleanUp.run(),
  };
}

/** Sets all clocks right, at once for those that a killed run has left wrong, and in the end. */
async function takeClocks(
  {
    nodes,
    apiOf,
  }: { readonly nodes: readonly string[]; readonly apiOf: (node: string) => NodeApi },
  cleanUp: CleanUp,
): Promise<ClockPower> {
  const setRight = () => forEachNode(nodes, "set the clock", (node) => apiOf(node).setClock(0));
  await setRight();
  cleanUp.add(setRight);
  return { setOffset: async (node, offsetMs) => apiOf(node).setClock(offsetMs) };
}

/** Clients of every home go to the nodes themselves. */
function unproxied({ nodes }: Survey): Links {
  const books = nodes.map(({ name, url }) => {
    const clients = new Map(nodes.map((home) => [home.name, url]));
    return [name, { direct: url, clients }] as const;
  });
  return {
    toxiproxy: { kind: "none", version: "" },
    addresses: lookUp(new Map(books)),
    network: undefined,
  };
}

function checkFacts(plan: ClusterFacts, { facts }: Survey): void {
  for (const name of FACTS) {
    if (plan[name] === facts[name]) continue;
    throw new Error(
      `Cannot run the plan: the cluster has ${name} ${facts[name]}, the plan says ${plan[name]}`,
    );
  }
}

function checkTestFaults(
  { nemesis, toxiproxyUrl }: ExternalClusterOptions["plan"],
  { withoutTestFaults }: Survey,
): void {
  if (withoutTestFaults.length === 0) return;
  if (toxiproxyUrl === undefined && nemesis.every((kind) => kind === "none")) return;
  throw new Error(
    `Cannot inject faults: ${withoutTestFaults.join(", ")} was not started with testFaults; without --toxiproxy and with --nemesis none the cluster is tested as it is`,
  );
}
