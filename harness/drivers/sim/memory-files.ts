import { concatBytes, toHex } from "../../../src/base/bytes.ts";
import { sha256 } from "../../../src/base/hash.ts";
import type { SnapshotFiles } from "../../../src/snapshot/contract.ts";

/** A snapshot's files in memory, for simulated clusters. Whoever wants to damage them may. */
export class MemoryFiles implements SnapshotFiles {
  readonly contents = new Map<string, Uint8Array>();

  /** A copy in which a bit in the middle of one file is flipped. */
  withFlippedBit(name: string): MemoryFiles {
    const copy = new MemoryFiles();
    for (const [each, content] of this.contents) {
      const bytes = Buffer.from(content);
      const middle = bytes.length >> 1;
      if (each === name) bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle);
      copy.contents.set(each, bytes);
    }
    return copy;
  }

  async create(name: string) {
    const parts: Uint8Array[] = [];
    return {
      write: async (bytes: Uint8Array) => {
        parts.push(Uint8Array.from(bytes));
      },
      finish: async () => {
        const content = concatBytes(parts);
        this.contents.set(name, content);
        return measureOf(content);
      },
      discard: async () => {},
    };
  }

  async measure(name: string) {
    const content = this.contents.get(name);
    return content && measureOf(content);
  }

  async *read(name: string): AsyncGenerator<Uint8Array> {
    yield this.contents.get(name) ?? new Uint8Array(0);
  }

  async remove(name: string): Promise<void> {
    this.contents.delete(name);
  }

  async names(): Promise<readonly string[]> {
    return [...this.contents.keys()];
  }

  async syncNames(): Promise<void> {}
}

function measureOf(content: Uint8Array) {
  return { bytes: content.length, sha256: toHex(sha256(content)) };
}
