import type { NodeId } from "../base/ids.ts";
import { nodeId } from "../base/ids.ts";
import type { VersioningMode } from "../causality/versioning.ts";
import { VERSIONING_MODES } from "../causality/versioning.ts";
import { placementOfFile } from "../ring/datacenter-placement.ts";
import { ringFromTable } from "../ring/partition-table.ts";
import type { Ring } from "../ring/ring.ts";
import { askNode, NodeError } from "./ask-node.ts";
import type { Patience, SnapshotEnvironment } from "./contract.ts";
import { SnapshotError } from "./contract.ts";

/** What nodes say of their cluster, and where each of them is. */
export interface ClusterView {
  readonly clusterId: string;
  readonly n: number;
  readonly r: number;
  readonly w: number;
  readonly quorum: "sloppy" | "strict";
  readonly versioning: VersioningMode;
  /** 0: tombstones stay for good. */
  readonly tombstoneGraceMs: number;
  readonly ring: Ring;
  /** URLs of the nodes that answered. */
  readonly urls: ReadonlyMap<NodeId, string>;
  /** One sentence for each URL where nobody answered. */
  readonly silent: readonly string[];
}

type Settings = Omit<ClusterView, "ring" | "urls" | "silent">;

interface Answer {
  readonly url: string;
  readonly node: NodeId;
  readonly settings: Settings;
  readonly ring: Ring;
}

/** Asks every URL. Rejects with SnapshotError where nobody answers, or two do not say the same of their cluster. */
export async function viewCluster(
  environment: Pick<SnapshotEnvironment, "http" | "clock">,
  urls: readonly string[],
  patience: Patience,
): Promise<ClusterView> {
  const answers: Answer[] = [];
  const silent: string[] = [];
  await Promise.all(
    urls.map(async (url) => {
      try {
        answers.push(await surveyNode(environment, url, patience));
      } catch (error) {
        if (!(error instanceof NodeError)) throw error;
        silent.push(error.message);
      }
    }),
  );
  const [first, ...others] = answers;
  if (first === undefined) {
    throw new SnapshotError("failure", `Cannot reach the cluster: ${silent[0] ?? "no URL"}`);
  }
  for (const other of others) expectSame(first, other);
  const byNode = new Map(answers.map(({ node, url }) => [node, url]));
  if (byNode.size < answers.length) {
    const twice = answers.find(({ node, url }) => byNode.get(node) !== url);
    throw new SnapshotError(
      "use",
      `Cannot use ${twice?.url} and ${byNode.get(twice?.node ?? first.node)}: both are node ${twice?.node}`,
    );
  }
  return { ...first.settings, ring: first.ring, urls: byNode, silent };
}

async function surveyNode(
  environment: Pick<SnapshotEnvironment, "http" | "clock">,
  url: string,
  patience: Patience,
): Promise<Answer> {
  const ask = async (path: string): Promise<Fields> => {
    const request = { method: "GET", url: `${url}${path}`, expected: 200 } as const;
    const { body } = await askNode(environment, request, patience);
    return new Fields(`${url}${path}`, Buffer.from(body).toString());
  };
  const status = await ask("/admin/status");
  const table = await ask("/admin/ring");
  const settings = {
    clusterId: status.text("clusterId"),
    n: status.whole("n"),
    r: status.whole("r"),
    w: status.whole("w"),
    quorum: status.oneOf("quorum", ["sloppy", "strict"]),
    versioning: status.oneOf("versioning", VERSIONING_MODES),
    tombstoneGraceMs: status.whole("tombstoneGraceMs"),
  };
  const node = status.read("nodeId", (value) => nodeId(String(value)));
  const ring = table.read("owners", () =>
    ringFromTable({
      clusterId: settings.clusterId,
      epoch: table.whole("epoch"),
      nodes: table.nodes("nodes"),
      owners: table.nodes("owners"),
      placement: table.read("placement", (value) =>
        value === undefined ? undefined : placementOfFile(value),
      ),
    }),
  );
  return { url, node, settings, ring };
}

function expectSame(one: Answer, other: Answer): void {
  const told = ({ settings, ring }: Answer): string =>
    JSON.stringify({ ...settings, ...ring.stamp });
  if (told(one) === told(other)) return;
  throw new SnapshotError(
    "use",
    `Cannot use ${one.url} and ${other.url} as one cluster: one says ${told(one)}, the other ${told(other)}`,
  );
}

/** The fields of a node's JSON answer. All functions throw NodeError. */
class Fields {
  readonly #where: string;
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(where: string, text: string) {
    this.#where = where;
    this.#values = this.#tried("is no JSON object", () => {
      const value: unknown = JSON.parse(text);
      if (typeof value !== "object" || value === null) throw new SyntaxError("no object");
      return { ...value };
    });
  }

  read<T>(name: string, read: (value: unknown) => T): T {
    return this.#tried(`has no usable ${name}`, () => read(this.#values[name]));
  }

  text(name: string): string {
    return this.read(name, (value) => (typeof value === "string" ? value : unusable()));
  }

  whole(name: string): number {
    return this.read(name, (value) => (Number.isSafeInteger(value) ? Number(value) : unusable()));
  }

  oneOf<Word extends string>(name: string, words: readonly Word[]): Word {
    return this.read(name, (value) => words.find((word) => word === value) ?? unusable());
  }

  nodes(name: string): readonly NodeId[] {
    return this.read(name, (value) =>
      Array.isArray(value) ? value.map((each) => nodeId(String(each))) : unusable(),
    );
  }

  #tried<T>(complaint: string, read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof RangeError || error instanceof SyntaxError)) throw error;
      throw new NodeError(`Cannot use the answer of ${this.#where}: it ${complaint}`, {
        cause: error,
      });
    }
  }
}

function unusable(): never {
  throw new RangeError("unusable");
}
