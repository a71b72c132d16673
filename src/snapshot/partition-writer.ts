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
  #open: { readonly partition: number; readonly file: NewFile; rows: number } | undefined;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;

  constructor(files: SnapshotFiles) {
    this.#files = files;
  }

  async write(partition: number, row: FileRow): Promise<void> {
    if (this.#open?.partition !== partition) {
      await this.finish();
      const file = await this.#files.create(partitionFileName(partition));
      this.#open = { partition, file, rows: 0 };
      this.#add(encodeHead(partition));
    }
    this.#open.rows += 1;
    this.#add(encodeRow(row));
    if (this.#pendingBytes >= FLUSH_BYTES) await this.#flush();
  }

  /** Ends the file that is open. */
  async finish(): Promise<void> {
    if (this.#open === undefined) return;
    const { partition, file, rows } = this.#open;
    this.#add(encodeEnd(rows));
    await this.#flush();
    const measure = await file.finish();
    this.#open = undefined;
    const name = partitionFileName(partition);
    this.written.set(partition, { rows, file: { name, ...measure } });
  }

  /** Drops the file that is open. */
  async discard(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    await open?.file.discard();
  }

  #add(bytes: Uint8Array): void {
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.concat(this.#pending);
    this.#pending = [];
    this.#pendingBytes = 0;
    await this.#open?.file.write(bytes);
  }
}

const FLUSH_BYTES = 256 * 1_024;
