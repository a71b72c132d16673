import type { VersioningMode } from "../../src/causality/versioning.ts";
import { versioningFor } from "../../src/causality/versioning-for.ts";
import { shownVersions } from "../../src/protocol/operations.ts";
import type { SnapshotEnvironment } from "../../src/snapshot/contract.ts";
import type { Manifest } from "../../src/snapshot/manifest.ts";
import { readRows } from "../../src/snapshot/row-file.ts";
import { byteString } from "../../src/storage/byte-strings.ts";
import type { MemoryFiles } from "../drivers/sim/memory-files.ts";
import type { FinalSiblings } from "../drivers/sim/oracle/final-siblings.ts";
import { plainText } from "../drivers/sim/oracle/plain-text.ts";
import type { SimCluster } from "../drivers/sim/sim-cluster.ts";

/** A snapshot that was taken in a run. */
export interface Archive {
  readonly manifest: Manifest;
  readonly files: MemoryFiles;
  /** By key as a byte string. */
  readonly rows: ReadonlyMap<string, ArchivedRow>;
}

export interface ArchivedRow extends FinalSiblings {
  readonly key: Uint8Array;
  readonly record: Uint8Array;
  /** Those of its payloads that the old cluster would show; whether it hides the others rightly, its own oracle judges. */
  readonly shown: ReadonlySet<string>;
}

/** Times in its manifest are virtual, so that they compare with what the oracle saw. */
export function snapshotEnvironment(
  { scheduler, http }: Pick<SimCluster, "scheduler" | "http">,
  files: MemoryFiles,
): SnapshotEnvironment {
  const monotonicMs = (): number => scheduler.monotonicMs();
  const setTimer = scheduler.setTimer.bind(scheduler);
  return { http, files, clock: { monotonicMs, wallMs: monotonicMs, setTimer } };
}

/** What the files hold, read as a restore reads them. */
export async function openArchive(
  manifest: Manifest,
  files: MemoryFiles,
  mode: VersioningMode,
): Promise<Archive> {
  const versioning = versioningFor(mode);
  const rows = new Map<string, ArchivedRow>();
  for (const { file, partition } of manifest.partitions) {
    if (file === null) continue;
    for await (const { key, record } of readRows(files.read(file.name), {
      name: file.name,
      partition,
    })) {
      const { payloads, clock } = versioning.decode(record);
      const textsOf = (versions: readonly Uint8Array[]) => new Set(versions.map(plainText));
      const shown = textsOf(shownVersions(payloads, mode));
      rows.set(byteString(key), { key, record, payloads: textsOf(payloads), shown, clock });
    }
  }
  return { manifest, files, rows };
}
