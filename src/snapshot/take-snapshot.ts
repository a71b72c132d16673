import { versioningFor } from "../causality/versioning-for.ts";
import { waitMs } from "../env/wait.ts";
import type { PartitionRun } from "../protocol/row-page.ts";
import type { RingStamp } from "../ring/ring.ts";
import { askNode, NodeError } from "./ask-node.ts";
import { checkFiles } from "./check-files.ts";
import type { ClusterView } from "./cluster-view.ts";
import { viewCluster } from "./cluster-view.ts";
import type { Patience, SnapshotEnvironment } from "./contract.ts";
import { PATIENCE, SnapshotError } from "./contract.ts";
import type { Manifest, PartitionEntry } from "./manifest.ts";
import { encodeManifest, MANIFEST_FILE } from "./manifest.ts";
import type { TakeParts } from "./take-partitions.ts";
import { takePartitions } from "./take-partitions.ts";

export interface SnapshotOptions {
  /** URLs of the cluster's nodes; of one that is left out nothing is in the snapshot. */
  readonly from: readonly string[];
  /** Undefined: all. Given the cluster's Q; throws where it has no such partitions. */
  readonly partitions?: ((partitionCount: number) => PartitionRun) | undefined;
  /** How many are taken at once. Default 16. More: fewer requests, and more hints in memory. */
  readonly partitionsAtOnce?: number;
  readonly patience?: Patience;
}

const PARTITIONS_AT_ONCE = 16;

/**
 * Takes a snapshot of a cluster that goes on serving, and checks it once it is written. What nodes that are missing may keep from it
 * stands in the manifest. Rejects with SnapshotError; then there is no manifest.
 */
export async function takeSnapshot(
  environment: SnapshotEnvironment,
  options: SnapshotOptions,
): Promise<Manifest> {
  const { clock, files } = environment;
  const { from, patience = PATIENCE, partitionsAtOnce = PARTITIONS_AT_ONCE } = options;
  const begunMs = clock.wallMs();
  const view = await viewCluster(environment, from, patience);
  const { partitionCount, nodes } = view.ring;
  const run = options.partitions?.(partitionCount) ?? { first: 0, last: partitionCount - 1 };
  await makeRoom(environment);
  const parts = { environment, view, versioning: versioningFor(view.versioning), patience };
  const entries: PartitionEntry[] = [];
  let lost: ReadonlySet<string> = new Set(nodes.filter((node) => !view.urls.has(node)));
  let isStill = true;
  for (let first = run.first; first <= run.last; first += partitionsAtOnce) {
    const last = Math.min(run.last, first + partitionsAtOnce - 1);
    const { entries: taken, isStill: wasStill } = await takeWell(parts, { first, last }, lost);
    entries.push(...taken);
    isStill &&= wasStill;
    lost = new Set(taken.flatMap(({ missing }) => missing));
    tell(environment, entries, run);
  }
  // From one look to the next nothing moved then: a ring that has changed shows that something did.
  isStill &&= (await presentNodes(parts)).isStill;
  const partitions = isStill ? entries : entries.map((entry) => ({ ...entry, coversFromW: null }));
  const { clusterId, n, r, w, quorum, versioning } = view;
  const manifest: Manifest = {
    format: "ringside-snapshot",
    version: 1,
    cluster: { clusterId, nodes, n, r, w, quorum, versioning, partitions: partitionCount },
    begunMs,
    endedMs: clock.wallMs(),
    complete: partitions.every((entry) => isComplete(entry, view)),
    partitions,
  };
  await checkFiles(environment, manifest);
  // Whatever happens then, where the manifest is, all files are.
  await files.syncNames();
  const file = await files.create(MANIFEST_FILE);
  await file.write(Buffer.from(encodeManifest(manifest)));
  await file.finish();
  await files.syncNames();
  return manifest;
}

/** What an interrupted snapshot has left goes; one that is whole is not touched. */
async function makeRoom({ files }: SnapshotEnvironment): Promise<void> {
  const names = await files.names();
  if (names.includes(MANIFEST_FILE)) {
    throw new SnapshotError("use", "Cannot write into this folder: it holds a snapshot already");
  }
  for (const name of names) {
    if (/^partition-\d{5}\.rows/.test(name)) await files.remove(name);
  }
}

/**
 * Again, where too many nodes are missing, and not only those that were missing from the partitions before: those may be back as
 * well, but are not waited for. The last attempt counts as it is.
 */
async function takeWell(
  parts: TakeParts,
  partitions: PartitionRun,
  lost: ReadonlySet<string>,
): Promise<{ readonly entries: readonly PartitionEntry[]; readonly isStill: boolean }> {
  const { environment, view, patience } = parts;
  for (let tries = 1; ; tries += 1) {
    const { view: present, isStill } = await presentNodes(parts);
    const entries = await takePartitions({ ...parts, view: present }, partitions);
    const isGood = entries.every((entry) => isComplete(entry, view) || isAsBefore(entry, lost));
    if (isGood || tries >= patience.triesMax) return { entries, isStill };
    // The next attempt may find nothing to put in their place.
    for (const { file } of entries) {
      if (file !== null) await environment.files.remove(file.name);
    }
    await waitMs(environment.clock, patience.pauseMs);
  }
}

function isAsBefore({ missing }: PartitionEntry, lost: ReadonlySet<string>): boolean {
  return missing.length > 0 && missing.every((node) => lost.has(node));
}

/**
 * Without the nodes that do not answer at all: each page that they are asked for would cost the whole patience. `isStill`: all that answer go by
 * the ring of the view, and none has rows on their way to other nodes, which a reader of one node after the other could miss at both. One member must answer: no
 * row of a lost range goes before all members have shown that they go by the next ring.
 */
async function presentNodes({
  environment,
  view,
  patience,
}: TakeParts): Promise<{ readonly view: ClusterView; readonly isStill: boolean }> {
  const timeoutMs = Math.min(HEALTH_TIMEOUT_MS, patience.timeoutMs);
  const answers = await Promise.all(
    [...view.urls].map(async ([node, url]) => {
      const request = { method: "GET", url: `${url}/admin/status`, expected: 200 } as const;
      try {
        const { body } = await askNode(environment, request, {
          timeoutMs,
          triesMax: 1,
          pauseMs: 0,
        });
        return [
          { node, url, isStill: isStillUnder(view.ring.stamp, Buffer.from(body).toString()) },
        ];
      } catch (error) {
        if (!(error instanceof NodeError)) throw error;
        return [];
      }
    }),
  );
  const present = answers.flat();
  const urls = new Map(present.map(({ node, url }) => [node, url]));
  const isSeen = present.some(({ node }) => view.ring.nodes.includes(node));
  return { view: { ...view, urls }, isStill: isSeen && present.every(({ isStill }) => isStill) };
}

/** By the status of a node, which may be none. A node of before lost ranges were dropped says nothing of it, and keeps all it has. */
function isStillUnder({ epoch, digest }: RingStamp, status: string): boolean {
  try {
    const { ring, isMoving } = JSON.parse(status);
    return isMoving !== true && ring.epoch === epoch && ring.digest === digest;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return false;
    throw error;
  }
}

const HEALTH_TIMEOUT_MS = 2_000;

function isComplete({ coversFromW }: PartitionEntry, { w }: Pick<ClusterView, "w">): boolean {
  return coversFromW !== null && coversFromW <= w;
}

function tell(
  { onProgress }: SnapshotEnvironment,
  entries: readonly PartitionEntry[],
  { first, last }: PartitionRun,
): void {
  const sum = (of: (entry: PartitionEntry) => number) =>
    entries.reduce((total, entry) => total + of(entry), 0);
  onProgress?.({
    phase: "reading",
    partitionsDone: entries.length,
    partitions: last - first + 1,
    rows: sum(({ rows }) => rows),
    bytes: sum(({ file }) => file?.bytes ?? 0),
  });
}
