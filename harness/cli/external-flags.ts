/** The flags of a cluster that the harness did not start, and which faults it can inject there. Pure. */

import { urlTexts } from "../../src/base/base-url.ts";
import { PROXY_PORTS_DEFAULT, portRangeOf } from "../drivers/external/proxy-places.ts";
import type { Survey } from "../drivers/external/survey.ts";
import { FACTS } from "../drivers/external/survey.ts";
import { faultsOf } from "../nemesis/faults-of.ts";
import type { ExternalPlan, FaultKind, Plan } from "../run/plan.ts";
import { UsageError } from "./exit-status.ts";
import type { Flag, FlagValues } from "./flags.ts";
import { originOf } from "./flags.ts";

export const EXTERNAL_FLAGS: Readonly<Record<string, Flag>> = {
  targets: {
    value: "URLS",
    help: "with --cluster external: http://host:port of every node, separated by commas; N, R, W and so on come from them",
  },
  "toxiproxy-host": {
    value: "HOST",
    help: "with --cluster external: where the nodes reach --toxiproxy (default the host of its URL)",
  },
  "toxiproxy-ports": {
    value: "FIRST-LAST",
    help: `with --cluster external: where its proxies may listen (default ${PROXY_PORTS_DEFAULT})`,
  },
};

const TARGETS_MAX = 32;
const PORT_MAX = 65_535;
const HOST = /^(?:\[[0-9a-fA-F:]+\]|[A-Za-z0-9._-]+)$/;

/** The external part of a plan; undefined for clusters that the harness starts. Throws UsageError. */
export function externalOf(values: FlagValues, cluster: Plan["cluster"]): ExternalPlan | undefined {
  if (cluster !== "external") {
    const stray = Object.keys(EXTERNAL_FLAGS).find((name) => values[name] !== undefined);
    if (stray === undefined) return undefined;
    throw new UsageError(
      `Cannot use --${stray} with --cluster ${cluster}: it goes with --cluster external`,
    );
  }
  const targets = targetsOf(values);
  const { nodes, toxiproxy, "toxiproxy-host": host, "toxiproxy-ports": ports } = values;
  if (nodes !== undefined && Number(nodes) !== targets.length) {
    throw new UsageError(`Cannot use --nodes ${nodes}: --targets names ${targets.length}`);
  }
  if (toxiproxy === undefined && (host !== undefined || ports !== undefined)) {
    throw new UsageError(
      `Cannot use --toxiproxy-${host === undefined ? "ports" : "host"} without --toxiproxy URL`,
    );
  }
  return {
    targets,
    ...(typeof host === "string" ? { toxiproxyHost: checkedHost(host) } : {}),
    ...(typeof ports === "string" ? { toxiproxyPorts: checkedPorts(ports, targets.length) } : {}),
  };
}

function targetsOf({ targets: text }: FlagValues): readonly string[] {
  const allowed = `1 to ${TARGETS_MAX} URLs such as http://host:8080, separated by commas`;
  if (typeof text !== "string") {
    throw new UsageError(`Cannot use --cluster external without --targets: it takes ${allowed}`);
  }
  const targets = urlTexts(text).map((each) => originOf("targets", each.trim(), allowed));
  const twice = targets.find((target, index) => targets.indexOf(target) < index);
  if (twice !== undefined) {
    throw new UsageError(`Cannot use --targets: ${twice} stands there twice`);
  }
  if (targets.length > TARGETS_MAX) {
    throw new UsageError(
      `Cannot use --targets: ${targets.length} are given, allowed is ${allowed}`,
    );
  }
  return targets;
}

function checkedHost(host: string): string {
  if (HOST.test(host)) return host;
  throw new UsageError(`Cannot use --toxiproxy-host ${host}: allowed is a name or an address`);
}

/** One proxy for each directed link, and for each home's clients one a node. */
function checkedPorts(text: string, nodes: number): string {
  const { first, last } = portRangeOf(text);
  const needed = nodes * (nodes - 1) + nodes * nodes;
  if (first >= 1 && last <= PORT_MAX && last - first + 1 >= needed) return text;
  throw new UsageError(
    `Cannot use --toxiproxy-ports ${text}: allowed is FIRST-LAST within 1-${PORT_MAX}, ${needed} ports or more for ${nodes} nodes`,
  );
}

/** The kinds of faults that can be injected: without a Toxiproxy nobody stands between the nodes of an external cluster. */
export function possibleFaults(values: FlagValues, cluster: Plan["cluster"]): readonly FaultKind[] {
  const unproxied = cluster === "external" && values["toxiproxy"] === undefined;
  return unproxied ? faultsOf(cluster, ["clocks"]) : faultsOf(cluster);
}

/** The flags with what the cluster says of itself filled in. Throws UsageError where a given one says otherwise. */
export function flagsOfSurvey(values: FlagValues, { facts }: Survey): FlagValues {
  const told: Record<string, string> = {};
  for (const name of FACTS) {
    const given = values[name];
    told[name] = String(facts[name]);
    if (given === undefined || given === told[name]) continue;
    throw new UsageError(`Cannot use --${name} ${given}: the cluster has ${told[name]}`);
  }
  return { ...values, ...told };
}

/** The flags without those that the cluster answers. */
export function withoutFacts(values: FlagValues): FlagValues {
  const facts: readonly string[] = FACTS;
  return Object.fromEntries(Object.entries(values).filter(([name]) => !facts.includes(name)));
}
