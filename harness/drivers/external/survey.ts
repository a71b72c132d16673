/**
 * What a cluster that is already there says of itself: asked of every node before a run, so that a run never rests on what
 * somebody believes of it. All nodes must tell the same, and every node of the cluster must be among them: a node that is
 * left out would be a way around every fault.
 */

import type { Plan } from "../../run/plan.ts";
import type { SendBounded } from "../node-api.ts";

/** The parts of a plan that the cluster decides, not the caller. */
export const FACTS = ["n", "r", "w", "partitions", "quorum", "versioning", "engine"] as const;
export type ClusterFacts = Pick<Plan, (typeof FACTS)[number]>;

export interface SurveyedNode {
  readonly name: string;
  /** `http://host:port`, as the caller gave it. */
  readonly url: string;
  /** `host:port` of its RPC listener, as its peers know it. */
  readonly rpcAddress: string;
}

export interface Survey {
  readonly clusterId: string;
  /** In the order of the targets. */
  readonly nodes: readonly SurveyedNode[];
  readonly facts: ClusterFacts;
  /** Nodes that were started without `testFaults`: they do not probe, so no fault can be shown to bite. */
  readonly withoutTestFaults: readonly string[];
}

/** Targets that are not one whole Ringside cluster; one line. */
export class TargetsError extends Error {
  override readonly name = "TargetsError";
}

interface NodeAnswer extends ClusterFacts {
  readonly url: string;
  readonly nodeId: string;
  readonly clusterId: string;
  readonly ready: boolean;
  readonly testFaults: boolean;
  readonly digest: string;
  readonly members: readonly { readonly id: string; readonly address: string }[];
}

const ASK_TIMEOUT_MS = 5_000;
const NO_NODE = "it is no Ringside node, or one of another version";

/** Asks every target. Throws TargetsError, or Error where one does not answer or does not serve. */
export async function surveyTargets(
  targets: readonly string[],
  send: SendBounded,
): Promise<Survey> {
  const results = await Promise.allSettled(targets.map((url) => askTarget(url, send)));
  const answers = results.map((result) => {
    if (result.status === "rejected") throw result.reason;
    return result.value;
  });
  const [first, ...others] = answers;
  if (first === undefined) throw new TargetsError("Cannot use the targets: there are none");
  for (const other of others) checkSame(first, other);
  checkWhole(first, answers);
  const idle = answers.find(({ ready }) => !ready);
  if (idle !== undefined) {
    throw new Error(`Cannot use the target ${idle.url}: node ${idle.nodeId} is not ready`);
  }
  const addresses = new Map(first.members.map(({ id, address }) => [id, address]));
  const { n, r, w, partitions, quorum, versioning, engine } = first;
  return {
    clusterId: first.clusterId,
    nodes: answers.map(({ nodeId, url }) => ({
      name: nodeId,
      url,
      rpcAddress: addresses.get(nodeId) ?? "",
    })),
    facts: { n, r, w, partitions, quorum, versioning, engine },
    withoutTestFaults: answers.filter((each) => !each.testFaults).map(({ nodeId }) => nodeId),
  };
}

async function askTarget(url: string, send: SendBounded): Promise<NodeAnswer> {
  const status = await askFields(url, "/admin/status", send);
  const ring = await askFields(url, "/admin/ring", send);
  const answer = { ...status, partitions: ring["partitionCount"], digest: ring["digest"], url };
  const lacking = Object.entries(ANSWER_TYPES).find(
    ([name, type]) => typeof (answer as Record<string, unknown>)[name] !== type,
  );
  const { members } = ring;
  if (lacking !== undefined || !Array.isArray(members) || !members.every(isMember)) {
    throw new TargetsError(
      `Cannot use the target ${url}: ${NO_NODE} (it does not tell its ${lacking?.[0] ?? "members"})`,
    );
  }
  return { ...answer, members } as unknown as NodeAnswer;
}

const ANSWER_TYPES = {
  nodeId: "string",
  clusterId: "string",
  ready: "boolean",
  testFaults: "boolean",
  digest: "string",
  n: "number",
  r: "number",
  w: "number",
  partitions: "number",
  quorum: "string",
  versioning: "string",
  engine: "string",
} as const;

function isMember(value: unknown): boolean {
  const { id, address } = (value ?? {}) as { readonly id?: unknown; readonly address?: unknown };
  return typeof id === "string" && typeof address === "string";
}

async function askFields(
  url: string,
  path: string,
  send: SendBounded,
): Promise<Readonly<Record<string, unknown>>> {
  const { status, body } = await send({ url: `${url}${path}`, timeoutMs: ASK_TIMEOUT_MS });
  const fields = status === 200 ? objectOf(body) : undefined;
  if (fields === undefined) {
    throw new TargetsError(
      `Cannot use the target ${url}: ${NO_NODE} (it answered GET ${path} with ${status})`,
    );
  }
  return fields;
}

function objectOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null
      ? (value as Record<string, unknown>)
      : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function checkSame(first: NodeAnswer, other: NodeAnswer): void {
  if (first.clusterId !== other.clusterId) {
    throw new TargetsError(
      `Cannot use the targets: ${first.url} belongs to cluster ${first.clusterId}, ${other.url} to ${other.clusterId}`,
    );
  }
  for (const name of [...FACTS, "digest"] as const) {
    if (first[name] === other[name]) continue;
    throw new TargetsError(
      `Cannot use the targets: ${first.nodeId} has ${nameOf(name)} ${first[name]}, ${other.nodeId} has ${other[name]}`,
    );
  }
}

function nameOf(field: string): string {
  return field === "digest" ? "the ring" : field;
}

/** Each member is exactly one target. */
function checkWhole({ members }: NodeAnswer, answers: readonly NodeAnswer[]): void {
  const urls = new Map<string, string>();
  for (const { nodeId, url } of answers) {
    const earlier = urls.get(nodeId);
    if (earlier !== undefined) {
      throw new TargetsError(
        `Cannot use the targets: ${earlier} and ${url} are both node ${nodeId}`,
      );
    }
    urls.set(nodeId, url);
  }
  const missing = members.filter(({ id }) => !urls.has(id)).map(({ id }) => id);
  if (missing.length > 0) {
    throw new TargetsError(
      `Cannot use the targets: the cluster has ${members.length} nodes, and they lack ${missing.join(", ")}`,
    );
  }
}
