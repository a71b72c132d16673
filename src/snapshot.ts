/** `npm run snapshot`: archives a cluster that goes on serving (docs/architecture.md, "Snapshots"). */

import { FormatError } from "./base/binary.ts";
import { waitMs } from "./env/wait.ts";
import { createNodeClock } from "./platform/node-clock.ts";
import {
  publish,
  readEach,
  removeSnapshot,
  removeUnfinished,
  unfinishedPath,
} from "./platform/snapshot-archive.ts";
import { makeFolder, openSnapshotFolder } from "./platform/snapshot-folder.ts";
import type { PartitionRun } from "./protocol/row-page.ts";
import { parsePartitionRun } from "./protocol/row-page.ts";
import { SnapshotError } from "./snapshot/contract.ts";
import type { Manifest } from "./snapshot/manifest.ts";
import { MANIFEST_FILE } from "./snapshot/manifest.ts";
import { sizeText } from "./snapshot/progress.ts";
import {
  archiveName,
  isArchiveName,
  outdated,
  parsePeriodMs,
  readableSnapshots,
} from "./snapshot/rotation.ts";
import { takeSnapshot } from "./snapshot/take-snapshot.ts";
import type { Flags } from "./snapshot-tool.ts";
import {
  complain,
  EXIT_INCOMPLETE,
  fail,
  readFlags,
  required,
  sentenceOf,
  urlsOf,
  withEnvironment,
} from "./snapshot-tool.ts";

const USAGE = `Takes a snapshot of a cluster that goes on serving.

  npm run snapshot -- --from URL,URL,… --to FOLDER

  --from URL,URL,…     the nodes' HTTP addresses; of a node that is left out, or down, nothing is in it
  --to FOLDER          where it is written; made where it is missing
  --partitions 0-15    only these; all unless given
  --every 1h           again and again, each into a folder of FOLDER named by its time; 30s, 15m, 1h, 1d
  --keep 24            with --every: how many of these stay, the newest ones; 24 unless given
  --help               this text

Exit status: 0 taken; 1 taken, but so many nodes were missing that acknowledged writes may be too (manifest.json says
where); 64 bad use; 70 not taken. With --every a snapshot that fails is told of, and the next one is tried; SIGTERM
or SIGINT end it with 0.
`;
const FLAGS = { from: true, to: true, partitions: true, every: true, keep: true } as const;
const KEEP = 24;
const KEEP_MAX = 100_000;

interface Job {
  readonly from: readonly string[];
  readonly partitions: ((partitionCount: number) => PartitionRun) | undefined;
}

try {
  const flags = readFlags(process.argv.slice(2), FLAGS);
  if (flags["help"] === true) {
    process.stdout.write(USAGE);
  } else {
    const job = { from: urlsOf(flags, "from"), partitions: partitionsOf(flags) };
    const to = required(flags, "to", "a folder");
    const { every } = flags;
    if (typeof every === "string") {
      await takeForEver(job, { to, everyMs: parsePeriodMs(every), keep: keepOf(flags) });
    } else {
      if (flags["keep"] !== undefined) {
        throw new SnapshotError("use", "Cannot use --keep without --every");
      }
      const manifest = await take(job, to);
      process.stdout.write(`${describe(manifest)} in ${to}\n`);
      process.exitCode = manifest.complete ? 0 : EXIT_INCOMPLETE;
    }
  }
} catch (error) {
  fail(error);
}

async function take(job: Job, folder: string): Promise<Manifest> {
  const files = await openSnapshotFolder(folder, complain);
  return withEnvironment(files, (environment) => takeSnapshot(environment, job));
}

interface Rotation {
  readonly to: string;
  readonly everyMs: number;
  readonly keep: number;
}

/** One snapshot after the other; one that takes longer than the period is followed by the next at once. */
async function takeForEver(job: Job, { to, everyMs, keep }: Rotation): Promise<never> {
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => process.exit(0));
  const clock = createNodeClock();
  await makeFolder(to).catch((error: unknown) => {
    throw complain(`Cannot make the folder ${to}: ${reasonOf(error)}`, error);
  });
  for (;;) {
    const startMs = clock.monotonicMs();
    try {
      await takeIntoArchive(job, { to, everyMs, keep }, archiveName(clock.wallMs()));
    } catch (error) {
      process.stderr.write(`${sentenceOf(error)}\n`);
    }
    await waitMs(clock, startMs + everyMs - clock.monotonicMs());
  }
}

async function takeIntoArchive(job: Job, { to, keep }: Rotation, name: string): Promise<void> {
  const tried = <T>(step: Promise<T>): Promise<T> =>
    step.catch((error: unknown) => {
      throw complain(`Cannot keep the archive ${to}: ${reasonOf(error)}`, error);
    });
  await tried(removeUnfinished(to));
  const manifest = await take(job, unfinishedPath(to, name));
  await tried(publish(to, name));
  process.stdout.write(`${describe(manifest)} in ${to}/${name}\n`);
  const kept = await tried(readEach(to, MANIFEST_FILE, isArchiveName));
  const { snapshots, strange } = readableSnapshots(kept);
  for (const reason of strange) process.stderr.write(`Left as it is in ${to}: ${reason}\n`);
  for (const old of outdated(snapshots, keep)) await tried(removeSnapshot(to, old));
}

function describe({ partitions, complete, cluster }: Manifest): string {
  const rows = partitions.reduce((sum, each) => sum + each.rows, 0);
  const bytes = partitions.reduce((sum, { file }) => sum + (file?.bytes ?? 0), 0);
  const missing = [...new Set(partitions.flatMap((each) => each.missing))].sort();
  const without = missing.length === 0 ? "" : ` without ${missing.join(", ")}`;
  const isOfAll = partitions.length === cluster.partitions;
  const whole = isOfAll ? "a whole snapshot" : "a snapshot of some partitions";
  const what = complete ? whole : "a snapshot that MAY LACK ACKNOWLEDGED WRITES";
  const count = isOfAll ? partitions.length : `${partitions.length} of ${cluster.partitions}`;
  return `Took ${what}${without}: ${count} partitions, ${rows} rows, ${sizeText(bytes)}`;
}

function partitionsOf({ partitions }: Flags): Job["partitions"] {
  if (typeof partitions !== "string") return undefined;
  return (partitionCount) => {
    try {
      return parsePartitionRun(partitions, partitionCount);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      throw new SnapshotError("use", error.message, { cause: error });
    }
  };
}

function keepOf({ keep }: Flags): number {
  if (keep === undefined) return KEEP;
  const number = Number(keep);
  if (typeof keep === "string" && /^\d+$/.test(keep) && number >= 1 && number <= KEEP_MAX) {
    return number;
  }
  throw new SnapshotError(
    "use",
    `Cannot use --keep ${keep}: allowed is a whole number from 1 to ${KEEP_MAX}`,
  );
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
