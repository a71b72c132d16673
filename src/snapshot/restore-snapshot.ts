import { FormatError } from "../base/binary.ts";
import type { Versioning } from "../causality/versioning.ts";
import { versioningFor } from "../causality/versioning-for.ts";
import { asFailure } from "./ask-node.ts";
import { checkFiles, readManifest } from "./check-files.ts";
import type { ClusterView } from "./cluster-view.ts";
import { viewCluster } from "./cluster-view.ts";
import type { Patience, SnapshotEnvironment } from "./contract.ts";
import { PATIENCE, SnapshotError } from "./contract.ts";
import type { Manifest } from "./manifest.ts";
import type { RefusedRow } from "./outbox.ts";
import { Outbox } from "./outbox.ts";
import type { FileRow } from "./row-file.ts";
import { readRows } from "./row-file.ts";
import { fetchRows } from "./row-stream.ts";

export interface RestoreOptions {
  /** URLs of all nodes of the cluster that takes the rows. */
  readonly to: readonly string[];
  /** True: also where the cluster holds data, with which the rows are merged. So an interrupted restore goes on. */
  readonly mayMerge?: boolean;
  /** True: also a snapshot that may lack acknowledged writes, or is of some partitions alone. */
  readonly mayBeIncomplete?: boolean;
  /** Told of each row that a node refuses, which is left out there. Undefined: the first one ends the restore. */
  readonly onRefused?: ((row: RefusedRow) => void) | undefined;
  readonly patience?: Patience;
}

/**
 * Puts a snapshot into a cluster (architecture, "Snapshots"). Every file is checked before anything is written. Rows go
 * to the nodes that the cluster's own ring gives them; each is stored by all N when this resolves. Doing it again changes nothing.
 * Rejects with SnapshotError.
 */
export async function restoreSnapshot(
  environment: SnapshotEnvironment,
  options: RestoreOptions,
): Promise<Manifest> {
  const { files, onProgress } = environment;
  const { to, patience = PATIENCE } = options;
  const manifest = await readManifest(environment);
  if (!manifest.complete && options.mayBeIncomplete !== true) {
    throw new SnapshotError(
      "use",
      "Cannot restore this snapshot: it may lack acknowledged writes, since nodes were missing when it was taken (--incomplete allows it)",
    );
  }
  const { partitions, cluster } = manifest;
  if (partitions.length < cluster.partitions && options.mayBeIncomplete !== true) {
    throw new SnapshotError(
      "use",
      `Cannot restore this snapshot: it is of ${partitions.length} of ${cluster.partitions} partitions (--incomplete allows it)`,
    );
  }
  await checkFiles(environment, manifest);
  const view = await viewCluster(environment, to, patience);
  expectTarget(view, manifest);
  if (options.mayMerge !== true) await expectEmpty(environment, view, patience);

  const parts = { environment, view, patience, onRefused: options.onRefused };
  const versioning = versioningFor(view.versioning);
  let rows = 0;
  let bytes = 0;
  for (const [index, { partition, file }] of partitions.entries()) {
    if (file !== null) {
      const outbox = new Outbox(parts);
      for await (const row of readRows(files.read(file.name), { name: file.name, partition })) {
        expectRecord(versioning, row, file.name);
        await outbox.add(row);
        rows += 1;
        bytes += row.record.length;
      }
      await outbox.flush();
    }
    const partitionsDone = index + 1;
    onProgress?.({
      phase: "restoring",
      partitionsDone,
      partitions: partitions.length,
      rows,
      bytes,
    });
  }
  return manifest;
}

function expectTarget(
  { ring, urls, silent, versioning }: ClusterView,
  { cluster }: Manifest,
): void {
  const missing = ring.nodes.filter((node) => !urls.has(node));
  if (missing.length > 0) {
    const reason = silent[0] === undefined ? "" : ` (${silent[0]})`;
    throw new SnapshotError(
      silent.length > 0 ? "failure" : "use",
      `Cannot restore: all nodes of the cluster must be given and answer, and ${missing.join(", ")} does not${reason}`,
    );
  }
  if (versioning !== cluster.versioning) {
    throw new SnapshotError(
      "use",
      `Cannot restore: the snapshot is of versioning ${cluster.versioning} and the cluster has ${versioning}`,
    );
  }
}

async function expectEmpty(
  environment: SnapshotEnvironment,
  { urls, ring }: ClusterView,
  patience: Patience,
): Promise<void> {
  const partitions = { first: 0, last: ring.partitionCount - 1 };
  for (const [node, url] of urls) {
    for (const table of ["records", "hints"] as const) {
      const source = { node, url, table, partitions, patience };
      const { rows } = await fetchRows(environment, source, undefined).catch(asFailure);
      if (rows.length === 0) continue;
      throw new SnapshotError(
        "use",
        `Cannot restore into a cluster that holds data: node ${node} has ${table} (--merge allows it)`,
      );
    }
  }
}

function expectRecord(versioning: Versioning, { record }: FileRow, name: string): void {
  try {
    versioning.decode(record);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new SnapshotError("failure", `Cannot use ${name}: ${error.message}`, { cause: error });
  }
}
