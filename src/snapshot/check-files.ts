import type { SnapshotEnvironment } from "./contract.ts";
import { SnapshotError } from "./contract.ts";
import type { Manifest, PartitionEntry } from "./manifest.ts";
import { MANIFEST_FILE, parseManifest } from "./manifest.ts";

/** Longest manifest that is read: 65,536 partitions, each with some missing nodes. */
const MANIFEST_BYTES_MAX = 256 * 1_024 * 1_024;

/** Rejects with SnapshotError where there is none, or none that can be used. */
export async function readManifest({
  files,
}: Pick<SnapshotEnvironment, "files">): Promise<Manifest> {
  const measure = await files.measure(MANIFEST_FILE);
  if (measure === undefined) {
    throw new SnapshotError("use", `Cannot find a snapshot: there is no ${MANIFEST_FILE}`);
  }
  if (measure.bytes > MANIFEST_BYTES_MAX) {
    throw new SnapshotError(
      "failure",
      `Cannot use ${MANIFEST_FILE}: it has ${measure.bytes} bytes`,
    );
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of files.read(MANIFEST_FILE)) chunks.push(chunk);
  return parseManifest(Buffer.concat(chunks).toString(), MANIFEST_FILE);
}

/** Reads every file of a snapshot; rejects with SnapshotError at the first that is not what the manifest says. */
export async function checkFiles(
  { files, onProgress }: Pick<SnapshotEnvironment, "files" | "onProgress">,
  { partitions }: Pick<Manifest, "partitions">,
): Promise<void> {
  let rows = 0;
  let bytes = 0;
  for (const [index, entry] of partitions.entries()) {
    if (entry.partition !== (partitions[0]?.partition ?? 0) + index) {
      throw new SnapshotError("failure", `Cannot use ${MANIFEST_FILE}: partitions are missing`);
    }
    await checkFile({ files }, entry);
    rows += entry.rows;
    bytes += entry.file?.bytes ?? 0;
    onProgress?.({
      phase: "checking",
      partitionsDone: index + 1,
      partitions: partitions.length,
      rows,
      bytes,
    });
  }
}

async function checkFile(
  { files }: Pick<SnapshotEnvironment, "files">,
  { file, partition }: PartitionEntry,
): Promise<void> {
  if (file === null) return;
  const { name, bytes, sha256 } = file;
  const refuse = (reason: string): never => {
    throw new SnapshotError("failure", `Cannot use partition ${partition}: ${name} ${reason}`);
  };
  const measure = (await files.measure(name)) ?? refuse("is missing");
  if (measure.bytes !== bytes) refuse(`has ${measure.bytes} bytes and should have ${bytes}`);
  if (measure.sha256 !== sha256) refuse("is damaged: its checksum is another");
}
