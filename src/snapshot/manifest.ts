import { sha256Hex } from "../base/hash.ts";
import type { VersioningMode } from "../causality/versioning.ts";
import { VERSIONING_MODES } from "../causality/versioning.ts";
import type { FileMeasure } from "./contract.ts";
import { SnapshotError } from "./contract.ts";

/** What a snapshot is, as `manifest.json`; where there is none, the folder holds no snapshot. */
export interface Manifest {
  readonly format: "ringside-snapshot";
  readonly version: 1;
  readonly cluster: {
    readonly clusterId: string;
    readonly nodes: readonly string[];
    readonly n: number;
    readonly r: number;
    readonly w: number;
    readonly quorum: "sloppy" | "strict";
    readonly versioning: VersioningMode;
    /** Q; the snapshot may be of some of them. */
    readonly partitions: number;
  };
  /** By the wall clock of the machine that took it. */
  readonly begunMs: number;
  readonly endedMs: number;
  /** True: of each partition every write that the cluster's W nodes acknowledged before `begunMs` of it is there for sure. */
  readonly complete: boolean;
  /** Without gaps, ascending. */
  readonly partitions: readonly PartitionEntry[];
}

export interface PartitionEntry {
  readonly partition: number;
  /** Null where the partition has no rows. */
  readonly file: (FileMeasure & { readonly name: string }) | null;
  readonly rows: number;
  readonly begunMs: number;
  /** Nodes of which not all rows are in it. */
  readonly missing: readonly string[];
  /** Every write that so many nodes acknowledged before `begunMs` is there for sure. Null: none is. */
  readonly coversFromW: number | null;
}

export const MANIFEST_FILE = "manifest.json";

export function partitionFileName(partition: number): string {
  return `partition-${String(partition).padStart(5, "0")}.rows`;
}

/** With a checksum of everything else in front. */
export function encodeManifest(manifest: Manifest): string {
  const sha256 = sha256Hex(JSON.stringify(manifest));
  return `${JSON.stringify({ sha256, ...manifest }, undefined, 1)}\n`;
}

/** Throws SnapshotError, one line, on anything that `encodeManifest` cannot have made. */
export function parseManifest(text: string, name: string): Manifest {
  const refuse = (reason: string): never => {
    throw new SnapshotError("failure", `Cannot use ${name}: ${reason}`);
  };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return refuse("it is not JSON");
  }
  if (!isObject(value)) return refuse("it is no JSON object");
  const { sha256, ...rest } = value;
  if (rest["format"] !== "ringside-snapshot") refuse("it is no manifest of a snapshot");
  if (rest["version"] !== 1) {
    refuse(`its format version is ${JSON.stringify(rest["version"])} and only 1 is known`);
  }
  if (sha256 !== sha256Hex(JSON.stringify(rest))) refuse("it is damaged: its checksum is another");
  if (!hasShape(rest)) return refuse("it says not which files it is of");
  const manifest = rest as unknown as Manifest;
  const { versioning } = manifest.cluster;
  if (!VERSIONING_MODES.includes(versioning)) refuse(`versioning ${versioning} is not known`);
  return manifest;
}

/** Anybody can make a checksum: so that no other files are read than the snapshot's, and what is asked of the cluster is there. */
function hasShape({ cluster, partitions }: Readonly<Record<string, unknown>>): boolean {
  return isObject(cluster) && Array.isArray(partitions) && partitions.every(isEntry);
}

function isEntry(entry: unknown): boolean {
  if (!isObject(entry)) return false;
  const { partition, file } = entry;
  if (typeof partition !== "number") return false;
  return file === null || (isObject(file) && file["name"] === partitionFileName(partition));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
