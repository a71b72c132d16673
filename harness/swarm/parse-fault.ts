import type { SimFault, SimFaultKind } from "../drivers/sim/world-plan.ts";
import type { Link } from "../nemesis/fault.ts";
import { clientGroup } from "../nemesis/fault.ts";
import { PlanFields } from "../run/plan-fields.ts";
import { PLANNED_KINDS } from "./fault-kinds.ts";

/** No fault begins or ends later than a day after the load began. */
const TIME_MS_MAX = 86_400_000;
const METHODS = ["black-hole", "closed"] as const;
const NAME_LENGTH_MAX = 64;
const LINKS_MAX = 10_000;
const CLOCK_CHANGE_MS_MAX = 1_000_000_000;

export interface FaultContext {
  readonly nodes: readonly string[];
  readonly refuse: (sentence: string) => never;
}

/** One fault of a plan file. Refuses, through the context, unknown kinds, fields, nodes and links, and what is out of range. */
export function parseFault(value: unknown, path: string, context: FaultContext): SimFault {
  const fields = new PlanFields(value, path, context.refuse);
  const fault = readFault(fields, fields.oneOf("kind", PLANNED_KINDS), context);
  fields.end();
  return fault;
}

function readFault(fields: PlanFields, kind: SimFaultKind, context: FaultContext): SimFault {
  const startMs = fields.whole("startMs", 0, TIME_MS_MAX);
  const links = () => readLinks(fields, context);
  const node = () => fields.oneOf("node", context.nodes);
  const lasting = () => ({ startMs, endMs: fields.whole("endMs", startMs + 1, TIME_MS_MAX) });
  switch (kind) {
    case "cut":
      return { kind, ...lasting(), method: fields.oneOf("method", METHODS), links: links() };
    case "datacenter": {
      const datacenter = fields.text("datacenter", NAME_LENGTH_MAX);
      const method = fields.oneOf("method", METHODS);
      return { kind, ...lasting(), datacenter, method, links: links() };
    }
    case "slow": {
      const latencyMs = fields.number("latencyMs", 0, 60_000);
      return {
        kind,
        ...lasting(),
        links: links(),
        latencyMs,
        jitterMs: fields.number("jitterMs", 0, latencyMs),
      };
    }
    case "clog":
      return { kind, ...lasting(), links: links() };
    case "bandwidth": {
      const bytesPerSecond = fields.whole("bytesPerSecond", 1, 1_000_000_000);
      return { kind, ...lasting(), links: links(), bytesPerSecond };
    }
    case "reset":
      return { kind, startMs, links: links() };
    case "crash":
      return { kind, ...lasting(), node: node(), power: fields.flag("power") };
    case "pause":
    case "restart":
    case "full-disk":
    case "failed-disk":
    case "wipe":
    case "remove":
      return { kind, ...lasting(), node: node() };
    case "clock-jump": {
      const jumpMs = fields.whole("jumpMs", -CLOCK_CHANGE_MS_MAX, CLOCK_CHANGE_MS_MAX);
      return { kind, startMs, node: node(), jumpMs };
    }
    case "clock-strobe": {
      const deltaMs = fields.whole("deltaMs", 1, CLOCK_CHANGE_MS_MAX);
      return {
        kind,
        ...lasting(),
        node: node(),
        deltaMs,
        periodMs: fields.whole("periodMs", 1, 60_000),
      };
    }
    case "slow-disk": {
      const readMs = fields.number("readMs", 0, 60_000);
      return {
        kind,
        ...lasting(),
        node: node(),
        readMs,
        writeMs: fields.number("writeMs", 0, 60_000),
      };
    }
    case "restore":
      return {
        kind,
        ...lasting(),
        node: node(),
        snapshotMs: fields.whole("snapshotMs", 0, startMs),
      };
    case "corrupt":
    case "join":
    case "leave":
      return { kind, startMs, node: node() };
  }
}

function readLinks(fields: PlanFields, { nodes, refuse }: FaultContext): readonly Link[] {
  const ends = [...nodes, ...nodes.map(clientGroup)];
  const links = fields.list("links", LINKS_MAX, (value, path) => {
    const link = new PlanFields(value, path, refuse);
    const from = link.oneOf("from", ends);
    // Clients speak to nodes only, and nobody to itself.
    const to = link.oneOf(
      "to",
      (nodes.includes(from) ? ends : nodes).filter((end) => end !== from),
    );
    link.end();
    return { from, to };
  });
  if (links.length === 0) fields.refuse("links", "a list of at least one link");
  return links;
}
