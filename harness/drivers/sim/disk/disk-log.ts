import { assert } from "../../../../src/base/assert.ts";
import type { Write } from "../../../../src/storage/engine.ts";
import type { StoredValue } from "./log-format.ts";
import { groupSizeBytes, writeGroup } from "./log-format.ts";

/**
 * The bytes a simulated disk holds. Up to `syncedSizeBytes` they are on the medium for good; what follows was written and not
 * synced yet, and a power failure may take it or tear it. The mark itself is as a database's root page: one sector, never torn.
 */
export class DiskLog {
  #bytes = new Uint8Array(CAPACITY_BYTES_MIN);
  #view = new DataView(this.#bytes.buffer);
  #buffer = Buffer.from(this.#bytes.buffer);
  #sizeBytes = 0;
  #syncedSizeBytes = 0;

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  get syncedSizeBytes(): number {
    return this.#syncedSizeBytes;
  }

  /** A view of all bytes, good until the next change. */
  get contents(): Uint8Array {
    return this.#bytes.subarray(0, this.#sizeBytes);
  }

  /** Adds a group behind the others and returns where its values begin. */
  append(writes: readonly Write[], seals: readonly number[]): number {
    const at = this.#sizeBytes;
    this.#sizeBytes += groupSizeBytes(writes);
    this.#grow();
    return writeGroup({ bytes: this.#bytes, view: this.#view, at }, writes, seals);
  }

  sync(): void {
    this.#syncedSizeBytes = this.#sizeBytes;
  }

  /** Puts other bytes in the place of all there were; they are copied, and none of them is synced. */
  replace(contents: Uint8Array): void {
    this.#sizeBytes = contents.length;
    this.#syncedSizeBytes = 0;
    if (contents.length <= this.#bytes.length && this.#bytes.length <= CAPACITY_BYTES_KEPT) {
      this.#bytes.set(contents);
      return;
    }
    // A new array, so that a big log that was compacted does not keep its memory.
    this.#take(new Uint8Array(Math.max(CAPACITY_BYTES_MIN, contents.length)), contents);
  }

  /** Cuts off the end; synced bytes cannot be cut off. */
  truncate(sizeBytes: number): void {
    assert(
      this.#syncedSizeBytes <= sizeBytes && sizeBytes <= this.#sizeBytes,
      "Cannot truncate the simulated disk: only bytes that are not synced may go",
    );
    this.#sizeBytes = sizeBytes;
  }

  /** Sets bytes to zero, as where a sector was never written. */
  clear(from: number, end: number): void {
    this.#bytes.fill(0, from, Math.min(end, this.#sizeBytes));
  }

  flipBit(at: number, bit: number): void {
    this.#bytes[at] = (this.#bytes[at] as number) ^ (1 << bit);
  }

  /** A copy of a value's bytes, out of Node's buffer pool: an array of its own takes six times as long to make. */
  valueOf({ at, sizeBytes }: StoredValue): Uint8Array {
    const value = Buffer.allocUnsafe(sizeBytes);
    this.#buffer.copy(value, 0, at, at + sizeBytes);
    return value;
  }

  #grow(): void {
    if (this.#sizeBytes > this.#bytes.length) {
      this.#take(new Uint8Array(Math.max(this.#sizeBytes, 2 * this.#bytes.length)), this.#bytes);
    }
  }

  #take(bytes: Uint8Array<ArrayBuffer>, contents: Uint8Array): void {
    bytes.set(contents);
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
    this.#buffer = Buffer.from(bytes.buffer);
  }
}

const CAPACITY_BYTES_MIN = 4_096;
/** So much a log keeps however little is in it: compaction comes back to it again and again. */
const CAPACITY_BYTES_KEPT = 1 << 20;
