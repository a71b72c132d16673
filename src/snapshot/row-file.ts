import { Writer } from "../base/binary.ts";
import { bufferOf } from "../base/bytes.ts";
import { md5Top32 } from "../base/hash.ts";
import { SnapshotError } from "./contract.ts";

/**
 * One partition's rows as a file, in the order of their keys:
 *
 *     file = head, rows, end
 *     head = "ringside rows", u8 format version (1), u16 partition
 *     row  = u32 length of the body, u32 checksum of it (the first bytes of its MD5), body
 *     body = u16 length of the key, key, record (to the end)
 *     end  = u32 0, u32 number of rows
 */
export interface FileRow {
  readonly key: Uint8Array;
  /** Canonical bytes of all versions of the key. */
  readonly record: Uint8Array;
}

export function encodeHead(partition: number): Uint8Array {
  const writer = new Writer(MAGIC.length + 3);
  writer.raw(MAGIC);
  writer.u8(FORMAT_VERSION);
  writer.u16(partition);
  return writer.finish();
}

export function encodeRow({ key, record }: FileRow): Uint8Array {
  const row = Buffer.allocUnsafe(ROW_HEAD_BYTES + 2 + key.length + record.length);
  const body = row.subarray(ROW_HEAD_BYTES);
  body.writeUInt16BE(key.length, 0);
  body.set(key, 2);
  body.set(record, 2 + key.length);
  row.writeUInt32BE(body.length, 0);
  row.writeUInt32BE(md5Top32(body), 4);
  return row;
}

export function encodeEnd(rowCount: number): Uint8Array {
  const writer = new Writer(ROW_HEAD_BYTES);
  writer.u32(0);
  writer.u32(rowCount);
  return writer.finish();
}

/** The rows of a file. Rejects with SnapshotError where it is not one of this partition from its head to its end. */
export async function* readRows(
  chunks: AsyncIterable<Uint8Array>,
  { name, partition }: { readonly name: string; readonly partition: number },
): AsyncGenerator<FileRow> {
  const refuse = (reason: string): never => {
    throw new SnapshotError("failure", `Cannot read ${name}: ${reason}`);
  };
  const input = new Input(chunks);
  const head = (await input.take(MAGIC.length + 3)) ?? refuse("it is cut off");
  if (!head.subarray(0, MAGIC.length).equals(MAGIC)) refuse("it is no file of rows");
  const version = head[MAGIC.length];
  if (version !== FORMAT_VERSION) {
    refuse(`its format version is ${version} and only ${FORMAT_VERSION} is known`);
  }
  const told = head.readUInt16BE(MAGIC.length + 1);
  if (told !== partition) refuse(`it is of partition ${told} and should be of ${partition}`);
  for (let count = 0; ; count += 1) {
    const rowHead = (await input.take(ROW_HEAD_BYTES)) ?? refuse("it is cut off");
    const length = rowHead.readUInt32BE(0);
    const checksum = rowHead.readUInt32BE(4);
    if (length === 0) {
      if (checksum !== count) refuse(`it has ${count} rows and should have ${checksum}`);
      if ((await input.take(1)) !== undefined) refuse("bytes follow its end");
      return;
    }
    const body = (await input.take(length)) ?? refuse("it is cut off");
    const keyEnd = body.length < 2 ? 0 : 2 + body.readUInt16BE(0);
    if (md5Top32(body) !== checksum || keyEnd <= 2 || keyEnd > body.length) {
      refuse(`row ${count} is damaged`);
    }
    yield { key: body.subarray(2, keyEnd), record: body.subarray(keyEnd) };
  }
}

const MAGIC = Buffer.from("ringside rows");
const FORMAT_VERSION = 1;
const ROW_HEAD_BYTES = 8;

/** Pieces of any length, taken in pieces of asked length. */
class Input {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #held: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** Undefined where fewer bytes are left; nothing is set aside for a length that the input does not have. */
  async take(length: number): Promise<Buffer | undefined> {
    if (this.#held.length < length) {
      const parts: Buffer[] = [this.#held];
      for (let sizeBytes = this.#held.length; sizeBytes < length; ) {
        const { done, value } = await this.#chunks.next();
        if (done === true) {
          this.#held = Buffer.concat(parts);
          return undefined;
        }
        parts.push(bufferOf(value));
        sizeBytes += value.length;
      }
      this.#held = Buffer.concat(parts);
    }
    const taken = this.#held.subarray(0, length);
    this.#held = this.#held.subarray(length);
    return taken;
  }
}
