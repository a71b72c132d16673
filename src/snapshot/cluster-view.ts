import type { NodeId } from "../base/ids.ts";
import { nodeId } from "../base/ids.ts";
import type { VersioningMode } from "../causality/versioning.ts";
import { VERSIONING_MODES } from "../causality/versioning.ts";
import { waitMs } from "../env/wait.ts";
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
  /** How many of those are of no node of the ring: it may have become another, and those that went by the new one may be the very ones that are silent. */
  readonly strangersSilent: number;
}

type Settings = Omit<ClusterView, "ring" | "urls" | "silent" | "strangersSilent">;

interface Answer {
  readonly url: string;
  readonly node: NodeId;
  readonly settings: Settings;
  readonly ring: Ring;
}

/**
 * Asks every URL; all of them again where they go by different rings, for while members change some hear of it later. Rejects with SnapshotError where
 * nobody answers, or two do not say the same of their cluster.
 */
export async function viewCluster(
  environment: Pick<SnapshotEnvironment, "http" | "clock">,
  urls: readonly string[],
  patience: Patience,
): Promise<ClusterView> {
  const { clock } = environment;
  for (let tries = 1; ; tries += 1) {
    const { answers, silent } = await surveyAll(environment, urls, patience);
    const [first, ...others] = answers;
    if (first === undefined) {
      throw new SnapshotError("failure", `Cannot reach the cluster: ${silent[0] ?? "no URL"}`);
    }
    const stranger = others.find(({ settings }) => !isEqual(settings, first.settings));
    if (stranger !== undefined) throw differently("use", first, stranger);
    const ahead = others.find(({ ring }) => !isEqual(ring.stamp, first.ring.stamp));
    if (ahead === undefined) {
      const urls = byNode(answers);
      const missingCount = first.ring.nodes.filter((node) => !urls.has(node)).length;
      const strangersSilent = Math.max(0, silent.length - missingCount);
      return { ...first.settings, ring: first.ring, urls, silent, strangersSilent };
    }
    if (tries >= patience.triesMax) throw differently("failure", first, ahead);
    await waitMs(clock, patience.pauseMs);
  }
}

async function surveyAll(
  environment: Pick<SnapshotEnvironment, "http" | "clock">,
  urls: readonly string[],
  patience: Patience,
): Promise<{ readonly answers: readonly Answer[]; readonly silent: readonly string[] }> {
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
  return { answers, silent };
}

/** Throws SnapshotError where two URLs are of one node. */
function byNode(answers: readonly Answer[]): ReadonlyMap<NodeId, string> {
  const urls = new Map(answers.map(({ node, url }) => [node, url]));
  const twice = answers.find(({ node, url }) => urls.get(node) !== url);
  if (twice === undefined) return urls;
  throw new SnapshotError(
    "use",
    `Cannot use ${twice.url} and ${urls.get(twice.node)}: both are node ${twice.node}`,
  );
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

/** Objects made in one place, whose fields stand in one order. */
function isEqual(one: object, other: object): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function differently(kind: SnapshotError["kind"], one: Answer, other: Answer): SnapshotError {
  const told = ({ settings, ring }: Answer): string =>
    JSON.stringify({ ...settings, ...ring.stamp });
  return new SnapshotError(
    kind,
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
