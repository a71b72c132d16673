import type { FaultFile, FaultProof, FaultRecord, Link, ProbeResult } from "../nemesis/fault.ts";
import { clientGroup } from "../nemesis/fault.ts";
import { PlanFields } from "./plan-fields.ts";

const FAULTS_MAX = 100_000;
/** Files are named after them. */
const FAULT_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
const LIST_LENGTH_MAX = 10_000;
const NAME_LENGTH_MAX = 100;
const TEXT_LENGTH_MAX = 1_000_000;

export interface FaultContext {
  /** Of the history's header. */
  readonly nodes: readonly string[];
  /** The kinds that a run of the plan may inject. */
  readonly kinds: readonly string[];
  readonly refuse: (sentence: string) => never;
}

/** What `faults.json` holds. Refuses, through the context, what no run of these nodes with this plan can have written. */
export function readFaults(value: unknown, context: FaultContext): FaultFile {
  const { refuse } = context;
  const fields = new PlanFields(value, "", refuse);
  const format = fields.oneOf("format", ["ringside-faults"]);
  const version = fields.oneOf("version", [1]);
  const faults = fields.list("faults", FAULTS_MAX, (each, path) => readFault(each, path, context));
  const silentLinks = readLinks(fields, "silentLinks", context);
  fields.end();
  const names = faults.map(({ name }) => name);
  if (new Set(names).size < names.length) {
    const twice = names.find((name, at) => names.indexOf(name) < at);
    refuse(`it has fault ${twice} twice, allowed is each name once`);
  }
  return { format, version, faults, silentLinks };
}

function readFault(value: unknown, path: string, context: FaultContext): FaultRecord {
  const { nodes, kinds, refuse } = context;
  const fields = new PlanFields(value, path, refuse);
  const name = fields.text("name", NAME_LENGTH_MAX);
  if (!FAULT_NAME.test(name)) {
    refuse(
      `${path}.name is ${JSON.stringify(name)}, allowed are letters, digits, hyphens and dots`,
    );
  }
  const kind = fields.oneOf("kind", kinds);
  const applyStartNs = fields.whole("applyStartNs", 0, Number.MAX_SAFE_INTEGER);
  const appliedNs = fields.whole("appliedNs", applyStartNs, Number.MAX_SAFE_INTEGER);
  const healStartNs = fields.whole("healStartNs", appliedNs, Number.MAX_SAFE_INTEGER);
  const record = {
    name,
    kind,
    links: readLinks(fields, "links", context),
    nodes: fields.someOf("nodes", nodes.length, nodes),
    sides: fields.list("sides", nodes.length, (side, at) =>
      new PlanFields({ nodes: side }, at, refuse).someOf("nodes", nodes.length, nodes),
    ),
    applyStartNs,
    appliedNs,
    healStartNs,
    healedNs: fields.whole("healedNs", healStartNs, Number.MAX_SAFE_INTEGER),
    proof: readProof(fields.object("proof"), refuse),
  };
  fields.end();
  return record;
}

function readProof(fields: PlanFields, refuse: FaultContext["refuse"]): FaultProof {
  const probes = (name: string) =>
    fields.list(name, LIST_LENGTH_MAX, (value, path) => readProbe(value, path, refuse));
  const proof = {
    before: probes("before"),
    during: probes("during"),
    after: probes("after"),
    bit: fields.flag("bit"),
    reason: fields.text("reason", TEXT_LENGTH_MAX),
  };
  fields.end();
  return proof;
}

/** Each kind of fault has probes with fields of its own, which are kept. */
function readProbe(value: unknown, path: string, refuse: FaultContext["refuse"]): ProbeResult {
  const fields = new PlanFields(value, path, refuse);
  return {
    ...(value as object),
    from: fields.text("from", NAME_LENGTH_MAX),
    to: fields.text("to", NAME_LENGTH_MAX),
    answered: fields.flag("answered"),
    detail: fields.text("detail", TEXT_LENGTH_MAX),
    ...(fields.has("latencyMs") && {
      latencyMs: fields.number("latencyMs", 0, Number.MAX_SAFE_INTEGER),
    }),
  };
}

function readLinks(
  fields: PlanFields,
  name: string,
  { nodes, refuse }: FaultContext,
): readonly Link[] {
  const ends = [...nodes, ...nodes.map(clientGroup)];
  return fields.list(name, LIST_LENGTH_MAX, (value, path) => {
    const link = new PlanFields(value, path, refuse);
    const read = { from: link.oneOf("from", ends), to: link.oneOf("to", ends) };
    link.end();
    return read;
  });
}
