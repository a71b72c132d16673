import type { NewFile, SnapshotFiles } from "./contract.ts";
import type { PartitionEntry } from "./manifest.ts";
import { partitionFileName } from "./manifest.ts";
import type { FileRow } from "./row-file.ts";
import { encodeEnd, encodeHead, encodeRow } from "./row-file.ts";

/** What was written of a partition. */
export type WrittenPartition = Pick<PartitionEntry, "file" | "rows">;

/** Writes rows into one file for each partition that has some; partitions come one after the other. */
export class PartitionWriter {
  readonly written = new Map<number, WrittenPartition>();
  readonly #files: SnapshotFiles;
  #open: OpenFile | undefined;
  /** Files that are being synced: several at once cost a disk little more than one. */
  readonly #ending: Promise<void>[] = [];
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;

  constructor(files: SnapshotFiles) {
    this.#files = files;
  }

  async write(partition: number, row: FileRow): Promise<void> {
    if (this.#open?.partition !== partition) {
      await this.#next();
      const file = await this.#files.create(partitionFileName(partition));
      this.#open = { partition, file, rows: 0 };
      this.#add(encodeHead(partition));
    }
    this.#open.rows += 1;
    this.#add(encodeRow(row));
    if (this.#pendingBytes >= FLUSH_BYTES) await this.#flush(this.#open);
  }

  /** Resolves when all files are there. */
  async finish(): Promise<void> {
    await this.#next();
    await Promise.all(this.#ending);
  }

  /** Drops the file that is open, and waits for the others, however they end. */
  async discard(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    await Promise.allSettled(this.#ending);
    await open?.file.discard();
  }

  async #next(): Promise<void> {
    const open = this.#open;
    if (open === undefined) return;
    this.#add(encodeEnd(open.rows));
    await this.#flush(open);
    this.#open = undefined;
    const ended = this.#end(open);
    ended.catch(ignoreTold);
    this.#ending.push(ended);
  }

  async #end({ partition, file, rows }: OpenFile): Promise<void> {
    const measure = await file.finish();
    this.written.set(partition, { rows, file: { name: partitionFileName(partition), ...measure } });
  }

  #add(bytes: Uint8Array): void {
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
  }

  async #flush({ file }: OpenFile): Promise<void> {
    const bytes = Buffer.concat(this.#pending);
    this.#pending = [];
    this.#pendingBytes = 0;
    await file.write(bytes);
  }
}

const FLUSH_BYTES = 256 * 1_024;

interface OpenFile {
  readonly partition: number;
  readonly file: NewFile;
  rows: number;
}

/** `finish` tells of it. */
function ignoreTold(): void {}
