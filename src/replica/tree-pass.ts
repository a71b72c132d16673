import { HashTree } from "../merkle/hash-tree.ts";
import { byteString } from "../storage/byte-strings.ts";
import type { Engine } from "../storage/engine.ts";
import { keyOfRecordRow, partitionOfRecordRow } from "./row-keys.ts";

export interface TreePassParts {
  readonly engine: Engine;
  readonly partitionCount: number;
  /** The digest of a stored row; undefined for one that is damaged. */
  readonly digestOfRow: (value: Uint8Array | undefined) => string | undefined;
  /** Told each partition's tree in their order, once it holds all of its rows; undefined: there are none. */
  readonly onTree: (partition: number, tree: HashTree | undefined) => void;
}

/**
 * One walk over all rows of `records`, in the order of their keys, that makes the tree of each partition anew. Writes go on
 * meanwhile and are told to `shown`: whichever comes first, the row's last state is in the tree, because a row that was
 * written while its page was being read is not taken from the page.
 */
export class TreePass {
  readonly #parts: TreePassParts;
  readonly #trees = new Map<number, HashTree>();
  /** Rows that changed while a page was on its way; undefined between pages. */
  #touched: Set<string> | undefined;
  /** Rows up to this one were read. */
  #after: Uint8Array | undefined;
  /** Trees of all partitions below are done. */
  #partition = 0;

  constructor(parts: TreePassParts) {
    this.#parts = parts;
  }

  get isOver(): boolean {
    return this.#partition >= this.#parts.partitionCount;
  }

  /** A row has changed; undefined: there is none any more. */
  shown(rowKey: Uint8Array, digest: string | undefined): void {
    const partition = partitionOfRecordRow(rowKey);
    if (partition < this.#partition) return;
    this.#touched?.add(byteString(rowKey));
    this.#set(partition, rowKey, digest);
  }

  /** Reads one page of rows; gives how many there were. Rejects with StorageError; then nothing was taken. */
  async readPage(limit: number): Promise<number> {
    const touched = new Set<string>();
    this.#touched = touched;
    const options = this.#after === undefined ? { limit } : { limit, after: this.#after };
    try {
      const page = await this.#parts.engine.scan("records", options);
      for (const { key: rowKey, value } of page) {
        if (touched.has(byteString(rowKey))) continue;
        this.#set(partitionOfRecordRow(rowKey), rowKey, this.#parts.digestOfRow(value));
      }
      const last = page.at(-1)?.key;
      const isLast = page.length < limit || last === undefined;
      this.#after = last;
      this.#complete(isLast ? this.#parts.partitionCount : partitionOfRecordRow(last));
      return page.length;
    } finally {
      this.#touched = undefined;
    }
  }

  #set(partition: number, rowKey: Uint8Array, digest: string | undefined): void {
    const key = keyOfRecordRow(rowKey);
    let tree = this.#trees.get(partition);
    if (digest === undefined) {
      tree?.remove(key);
      return;
    }
    if (tree === undefined) {
      tree = new HashTree();
      this.#trees.set(partition, tree);
    }
    tree.put({ key, digest });
  }

  #complete(end: number): void {
    for (; this.#partition < end; this.#partition += 1) {
      this.#parts.onTree(this.#partition, this.#trees.get(this.#partition));
      this.#trees.delete(this.#partition);
    }
  }
}
