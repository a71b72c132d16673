import { FormatError } from "../base/binary.ts";
import type { Timer } from "../env/clock.ts";
import type { Environment } from "../env/environment.ts";
import type { Counter } from "../env/metrics.ts";
import { differencesOf } from "../merkle/comparison.ts";
import { HashTree } from "../merkle/hash-tree.ts";
import { digestOf } from "../merkle/leaf.ts";
import { byteString } from "../storage/byte-strings.ts";
import type { Engine } from "../storage/engine.ts";
import { StorageError } from "../storage/engine.ts";
import { ChangedRows } from "./changed-rows.ts";
import { recordOf } from "./row.ts";
import { keyOfRecordRow, partitionOfRecordRow, recordRowKey } from "./row-keys.ts";
import type { RowWatch } from "./rows.ts";
import { TreePass } from "./tree-pass.ts";

export interface TreeKeeperParts {
  readonly engine: Engine;
  readonly partitionCount: number;
  /** What of a record is hashed (D-4.7-6). */
  readonly canonical: (record: Uint8Array) => Uint8Array;
}

export interface TreeKeeperOptions {
  /** Time between two passes over all rows, which compare the trees with them; 0: never again after the first. */
  readonly verifyMs: number;
  /** Rows read at once. Default 256, which takes about a millisecond. */
  readonly pageRows?: number;
}

/**
 * A node's Merkle trees, one for each partition, over its own rows and no hints (paper 4.7; D-4.7-2, D-4.7-4, D-4.6-3).
 *
 * They live in memory. A start makes them from the rows, page by page, while the node serves already; from then on each
 * write changes one leaf, which is hashed when somebody asks for a tree. Every `verifyMs` another pass makes them anew beside
 * the old ones, which finds rows that were damaged and trees that have drifted from their rows (K-19); it replaces what it finds
 * wrong.
 *
 * Not started, it keeps nothing and costs nothing.
 */
export class TreeKeeper implements RowWatch {
  readonly #env: Environment;
  readonly #parts: TreeKeeperParts;
  /** By partition; undefined: without rows, or not built. */
  readonly #trees: (HashTree | undefined)[];
  /** By row key: a re-read after a lost write, until a newer write makes it pointless. */
  readonly #restoring = new Map<string, object>();
  /** Empty during a pass, which must learn of each change at once. */
  readonly #changed = new ChangedRows((rowKey, row) => this.#set(rowKey, row));
  readonly #metrics: TreeMetrics;
  #partitionsBuilt = 0;
  #pass: TreePass | undefined;
  #timer: Timer | undefined;
  #reading: Promise<void> | undefined;
  #verifyMs = 0;
  #pageRows = PAGE_ROWS;
  #stopped = false;

  constructor(env: Environment, parts: TreeKeeperParts) {
    this.#env = env;
    this.#parts = parts;
    this.#trees = new Array(parts.partitionCount).fill(undefined);
    this.#metrics = treeMetrics(env, () => this.#partitionsBuilt);
  }

  /** Partitions whose trees hold all of their rows. */
  get partitionsBuilt(): number {
    return this.#partitionsBuilt;
  }

  get isBuilt(): boolean {
    return this.#partitionsBuilt === this.#parts.partitionCount;
  }

  /** The tree of a partition; undefined where it is empty or not built yet. */
  treeOf(partition: number): HashTree | undefined {
    this.#changed.settle();
    return this.#trees[partition];
  }

  /** Begins the first pass. */
  start({ verifyMs, pageRows = PAGE_ROWS }: TreeKeeperOptions): void {
    this.#verifyMs = verifyMs;
    this.#pageRows = pageRows;
    this.#beginPass();
  }

  /** Resolves when no page is being read any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#reading;
  }

  shown(rowKey: Uint8Array, row: Uint8Array | undefined): void {
    if (this.#pass === undefined && this.#partitionsBuilt === 0) return;
    if (this.#restoring.size > 0) this.#restoring.delete(byteString(rowKey));
    if (this.#pass === undefined) this.#changed.add(rowKey, row);
    else this.#set(rowKey, row);
  }

  lost(rowKey: Uint8Array): void {
    if (this.#pass === undefined && this.#partitionsBuilt === 0) return;
    // Until the row is read the key has no leaf: it differs from its other copies, and nobody takes for stored what was lost.
    this.shown(rowKey, undefined);
    const text = byteString(rowKey);
    const token = {};
    this.#restoring.set(text, token);
    const restore = (row: Uint8Array | undefined): void => {
      if (this.#restoring.get(text) !== token) return;
      this.#env.assertions.reachable("a leaf went back with its row after a lost write");
      this.shown(rowKey, row);
    };
    this.#parts.engine
      .get("records", rowKey)
      .then(restore)
      .catch((error: unknown) => {
        // Without a leaf the key differs from its other copies, which then come here.
        this.#env.log.warn({ err: error }, "Cannot read a row whose write was lost");
        restore(undefined);
      });
  }

  #set(rowKey: Uint8Array, row: Uint8Array | undefined): void {
    const digest = row && this.#digestOfRow(row);
    const partition = partitionOfRecordRow(rowKey);
    this.#pass?.shown(rowKey, digest);
    if (partition >= this.#partitionsBuilt) return;
    const key = keyOfRecordRow(rowKey);
    if (digest === undefined) {
      this.#trees[partition]?.remove(key);
      return;
    }
    let tree = this.#trees[partition];
    if (tree === undefined) {
      tree = new HashTree();
      this.#trees[partition] = tree;
    }
    tree.put({ key, digest });
  }

  #beginPass(): void {
    this.#changed.settle();
    this.#pass = new TreePass({
      engine: this.#parts.engine,
      partitionCount: this.#parts.partitionCount,
      digestOfRow: (value) => this.#digestOfRow(value),
      onTree: (partition, tree) => this.#replace(partition, tree),
    });
    this.#later(0);
  }

  #later(delayMs: number): void {
    if (this.#stopped) return;
    this.#timer = this.#env.clock.setTimer(delayMs, () => {
      this.#reading = this.#readPage().finally(() => {
        this.#reading = undefined;
      });
    });
  }

  /** At most half of the time, so that whoever waits for the engine meanwhile waits for one page. */
  async #readPage(): Promise<void> {
    const pass = this.#pass;
    if (pass === undefined) {
      this.#beginPass();
      return;
    }
    const { clock, log } = this.#env;
    const startMs = clock.monotonicMs();
    const pauseMs = this.isBuilt ? VERIFY_PAUSE_MS : 0;
    try {
      this.#metrics.rows.increment(await pass.readPage(this.#pageRows));
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      log.warn({ err: error }, "Cannot read a page of rows for the hash trees");
      this.#pass = undefined;
      this.#later(RETRY_MS);
      return;
    }
    if (!pass.isOver) {
      this.#later(pauseMs + clock.monotonicMs() - startMs);
      return;
    }
    this.#pass = undefined;
    this.#metrics.passes.increment();
    if (this.#verifyMs > 0) this.#later(this.#verifyMs);
  }

  #replace(partition: number, tree: HashTree | undefined): void {
    if (partition < this.#partitionsBuilt) {
      this.#countDrift(partition, tree);
    } else {
      this.#partitionsBuilt = partition + 1;
    }
    this.#trees[partition] = tree;
  }

  #countDrift(partition: number, fresh: HashTree | undefined): void {
    const old = this.#trees[partition];
    const drifted = differencesOf(old ?? new HashTree(), fresh ?? new HashTree()).filter(
      ({ key }) => !this.#restoring.has(byteString(recordRowKey(partition, key))),
    );
    if (drifted.length === 0) return;
    this.#metrics.drift.increment(drifted.length);
    this.#env.assertions.reachable("a hash tree had drifted from its rows");
    this.#env.log.warn({ keys: drifted.length }, "Hash tree had drifted from its rows");
  }

  /** A damaged row has no leaf: it differs from its other copies, which then come here. */
  #digestOfRow(value: Uint8Array | undefined): string | undefined {
    try {
      if (value !== undefined) return this.#digestOf(recordOf(value));
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
    }
    this.#metrics.damaged.increment();
    return undefined;
  }

  #digestOf(record: Uint8Array): string {
    return digestOf(this.#parts.canonical(record));
  }
}

const PAGE_ROWS = 256;
/** A verifying pass reads at most PAGE_ROWS in this time, 5,120 rows a second. */
const VERIFY_PAUSE_MS = 50;
const RETRY_MS = 1_000;

interface TreeMetrics {
  readonly passes: Counter;
  readonly rows: Counter;
  readonly drift: Counter;
  readonly damaged: Counter;
}

function treeMetrics({ metrics }: Environment, built: () => number): TreeMetrics {
  metrics.gauge(
    "ringside_merkle_partitions_built",
    "Partitions whose hash trees hold all of their rows.",
    {},
    built,
  );
  return {
    passes: metrics.counter(
      "ringside_merkle_passes_total",
      "Passes over all rows that made or checked the hash trees.",
    ),
    rows: metrics.counter(
      "ringside_merkle_rows_read_total",
      "Rows that passes read to make or check the hash trees.",
    ),
    drift: metrics.counter(
      "ringside_merkle_drift_total",
      "Leaves that a pass found other than their rows, and put right.",
    ),
    damaged: metrics.counter(
      "ringside_merkle_damaged_rows_total",
      "Damaged rows that a pass met, and left out.",
    ),
  };
}
