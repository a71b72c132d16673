import type { NodeId } from "../base/ids.ts";
import type { Versioning } from "../causality/versioning.ts";
import type { PartitionRun } from "../protocol/row-page.ts";
import type { ClusterView } from "./cluster-view.ts";
import type { Patience, SnapshotEnvironment } from "./contract.ts";
import type { PartitionEntry } from "./manifest.ts";
import type { FoundRow } from "./merged-rows.ts";
import { mergedRows, order } from "./merged-rows.ts";
import { PartitionWriter } from "./partition-writer.ts";
import { RowStream } from "./row-stream.ts";

export interface TakeParts {
  readonly environment: SnapshotEnvironment;
  readonly view: ClusterView;
  readonly versioning: Versioning;
  readonly patience: Patience;
}

/**
 * Takes some partitions that follow each other (architecture, "Snapshots"): hints of all nodes first, their own rows only
 * then, so that a hint that is delivered meanwhile is met in one place or the other. Rejects with SnapshotError.
 */
export async function takePartitions(
  { environment, view, versioning, patience }: TakeParts,
  partitions: PartitionRun,
): Promise<readonly PartitionEntry[]> {
  const { clock, files } = environment;
  const begunMs = clock.wallMs();
  const startMs = clock.monotonicMs();
  const losses = new Losses(view);
  const streamsOf = (table: "records" | "hints"): readonly RowStream[] =>
    [...view.urls].map(
      ([node, url]) => new RowStream(environment, { node, url, table, partitions, patience }),
    );

  const hints = streamsOf("hints");
  const found = await hintsIn(hints, view, losses);
  const streams = streamsOf("records");
  const writer = new PartitionWriter(files);
  try {
    for await (const row of mergedRows(
      { versioning, partitionOf: (key) => view.ring.partitionOf(key) },
      streams,
      found,
    )) {
      const { partition, key, record, damagedAt } = row;
      for (const node of damagedAt) losses.note(partition, node);
      if (record !== undefined) await writer.write(partition, { key, record });
    }
    await writer.finish();
  } catch (error) {
    await writer.discard();
    throw error;
  }
  for (const { node, failure } of [...hints, ...streams]) {
    if (failure !== undefined) losses.noteEverywhere(node);
  }
  const { tombstoneGraceMs } = view;
  const tookMs = clock.monotonicMs() - startMs;
  const isInTime = tombstoneGraceMs === 0 || tookMs < GRACE_SHARE * tombstoneGraceMs;
  return numbersOf(partitions).map((partition) => ({
    partition,
    ...(writer.written.get(partition) ?? { file: null, rows: 0 }),
    begunMs,
    missing: losses.missingFrom(partition),
    coversFromW: isInTime ? losses.coversFromW(partition) : null,
  }));
}

/** Clocks of nodes may be a little faster than the one that measures. */
const GRACE_SHARE = 0.9;

function numbersOf({ first, last }: PartitionRun): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

async function hintsIn(
  streams: readonly RowStream[],
  { ring }: ClusterView,
  losses: Losses,
): Promise<readonly FoundRow[]> {
  const found: FoundRow[] = [];
  await Promise.all(
    streams.map(async (stream) => {
      for (;;) {
        await stream.load();
        const { head } = stream;
        if (head === undefined) return;
        const { key, record } = head;
        const partition = ring.partitionOf(key);
        if (record === undefined) losses.note(partition, stream.node);
        else found.push({ partition, key, record });
        stream.take();
      }
    }),
  );
  return found.sort(order);
}

/** Of which nodes something is not in the snapshot. */
class Losses {
  readonly #everywhere: Set<NodeId>;
  readonly #strangersSilent: number;
  readonly #byPartition = new Map<number, Set<NodeId>>();

  constructor({ ring, urls, strangersSilent }: ClusterView) {
    this.#strangersSilent = strangersSilent;
    this.#everywhere = new Set(ring.nodes.filter((node) => !urls.has(node)));
  }

  noteEverywhere(node: NodeId): void {
    this.#everywhere.add(node);
  }

  note(partition: number, node: NodeId): void {
    const nodes = this.#byPartition.get(partition) ?? new Set();
    this.#byPartition.set(partition, nodes.add(node));
  }

  missingFrom(partition: number): readonly NodeId[] {
    const here = this.#byPartition.get(partition) ?? new Set<NodeId>();
    return [...this.#everywhere.union(here)].sort();
  }

  /** W slots are on W nodes. Any node's may be among them: also where quorums are strict a client can ask for a sloppy one. */
  coversFromW(partition: number): number {
    return this.missingFrom(partition).length + this.#strangersSilent + 1;
  }
}
