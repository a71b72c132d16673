/*
 * Frames on a byte stream.
 *
 *     frame = length:u32 kind:u8 id:u32 body
 *     length counts what follows it, so it is at least 5; all numbers are big endian.
 *
 * The reader keeps no byte of a frame whose length is not allowed, copies nothing of a frame that came in one chunk, and copies
 * once what came in several. The writer gathers frames in slabs; a large byte string is sent from where it lies.
 */
import { FormatError } from "../base/binary.ts";

const LENGTH_BYTES = 4;
const KIND_AND_ID_BYTES = 5;
const FRAME_HEAD_BYTES = LENGTH_BYTES + KIND_AND_ID_BYTES;

/** One frame's content. `body` is a view of received bytes: copy what is kept for long. */
export type OnFrame = (kind: number, id: number, body: Buffer) => void;

const EMPTY = Buffer.alloc(0);

export class FrameReader {
  /** Largest length a frame may name. May be raised between frames, as a hello allows it. */
  frameBytesMax: number;
  readonly #onFrame: OnFrame;
  /** The bytes of an unfinished frame: its head, then all of it. */
  #partial: Buffer = EMPTY;
  #partialFilled = 0;
  readonly #head = Buffer.alloc(FRAME_HEAD_BYTES);
  #stopped = false;

  constructor(frameBytesMax: number, onFrame: OnFrame) {
    this.frameBytesMax = frameBytesMax;
    this.#onFrame = onFrame;
  }

  /** True while bytes of an unfinished frame wait for the rest. */
  get midFrame(): boolean {
    return this.#partialFilled > 0;
  }

  /** No more frames come out, not even the rest of the chunk under way. */
  stop(): void {
    this.#stopped = true;
    this.#partial = EMPTY;
    this.#partialFilled = 0;
  }

  /** Hands on every frame that is complete. Throws FormatError on a length that is not allowed; then use it no more. */
  push(bytes: Uint8Array): void {
    const chunk = Buffer.isBuffer(bytes)
      ? bytes
      : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let at = 0;
    while (!this.#stopped && at < chunk.length) {
      at = this.#partialFilled > 0 ? this.#fill(chunk, at) : this.#readFrame(chunk, at);
    }
  }

  /** At a frame's start: the whole frame if the chunk holds it, otherwise begins to gather it. */
  #readFrame(chunk: Buffer, at: number): number {
    if (chunk.length - at < FRAME_HEAD_BYTES) {
      this.#partial = this.#head;
      this.#partialFilled = chunk.copy(this.#head, 0, at);
      return chunk.length;
    }
    const end = at + LENGTH_BYTES + this.#checkLength(chunk.readUInt32BE(at));
    if (end > chunk.length) {
      this.#partial = Buffer.allocUnsafe(end - at);
      this.#partialFilled = chunk.copy(this.#partial, 0, at);
      return chunk.length;
    }
    this.#emit(chunk, at, end);
    return end;
  }

  /** Adds to the frame being gathered. */
  #fill(chunk: Buffer, at: number): number {
    const taken = chunk.copy(this.#partial, this.#partialFilled, at);
    this.#partialFilled += taken;
    if (this.#partialFilled < this.#partial.length) return at + taken;
    const gathered = this.#partial;
    if (gathered === this.#head) {
      const sizeBytes = LENGTH_BYTES + this.#checkLength(gathered.readUInt32BE(0));
      if (sizeBytes > FRAME_HEAD_BYTES) {
        this.#partial = Buffer.allocUnsafe(sizeBytes);
        gathered.copy(this.#partial);
        return at + taken;
      }
    }
    this.#partial = EMPTY;
    this.#partialFilled = 0;
    this.#emit(gathered, 0, gathered.length);
    return at + taken;
  }

  #checkLength(length: number): number {
    if (length < KIND_AND_ID_BYTES || length > this.frameBytesMax) {
      throw new FormatError(
        `Cannot read a frame: its length is ${length}, allowed are ${KIND_AND_ID_BYTES} to ${this.frameBytesMax}`,
      );
    }
    return length;
  }

  #emit(frame: Buffer, start: number, end: number): void {
    this.#onFrame(
      frame[start + LENGTH_BYTES] ?? 0,
      frame.readUInt32BE(start + LENGTH_BYTES + 1),
      frame.subarray(start + FRAME_HEAD_BYTES, end),
    );
  }
}

const SLAB_BYTES_MIN = 4 * 1_024;
const SLAB_BYTES_MAX = 64 * 1_024;
/** A slab is meant for about so many takings. */
const TAKINGS_PER_SLAB = 8;
/** From this size on a byte string is sent from where it lies: the copy would cost more than another chunk. */
const REFERENCE_BYTES_MIN = 16 * 1_024;

/**
 * Gathers frames until they are taken to be sent. Between `begin` and `end` come the parts of the body, in order. Its slabs are as large as
 * what was last taken asks for: a node has two writers for each peer, most of which say little, and they keep their slabs.
 */
export class FrameWriter {
  readonly #frameBytesMax: number;
  #slab: Buffer = EMPTY;
  #nextSlabBytes = SLAB_BYTES_MIN;
  /** Where the bytes of the slab that were not yet taken begin, and where the next one goes. */
  #start = 0;
  #at = 0;
  #chunks: Buffer[] = [];
  #chunksBytes = 0;
  #headSlab: Buffer = EMPTY;
  #headAt = 0;
  #frameStartBytes = 0;

  constructor(frameBytesMax: number) {
    this.#frameBytesMax = frameBytesMax;
  }

  /** Bytes that wait to be taken. */
  get sizeBytes(): number {
    return this.#chunksBytes + this.#at - this.#start;
  }

  begin(kind: number, id: number): void {
    this.#reserve(FRAME_HEAD_BYTES);
    this.#frameStartBytes = this.sizeBytes;
    this.#headSlab = this.#slab;
    this.#headAt = this.#at;
    this.#at += LENGTH_BYTES;
    this.#slab[this.#at++] = kind;
    this.#at = this.#slab.writeUInt32BE(id, this.#at);
  }

  /** Closes the frame. Throws RangeError on one over the limit; then `abort` it. */
  end(): void {
    const length = this.sizeBytes - this.#frameStartBytes - LENGTH_BYTES;
    if (length > this.#frameBytesMax) {
      throw new RangeError(
        `Cannot send a frame of ${length} bytes: the limit is ${this.#frameBytesMax}`,
      );
    }
    this.#headSlab.writeUInt32BE(length, this.#headAt);
  }

  /** Drops the frame under way: everything since its `begin`. */
  abort(): void {
    if (this.#slab === this.#headSlab && this.#start <= this.#headAt) {
      this.#at = this.#headAt;
      return;
    }
    this.#closeChunk();
    while (this.#chunksBytes > this.#frameStartBytes) {
      const last = this.#chunks.pop() ?? EMPTY;
      this.#chunksBytes -= last.length;
      const keptBytes = this.#frameStartBytes - this.#chunksBytes;
      if (keptBytes <= 0) continue;
      this.#chunks.push(last.subarray(0, keptBytes));
      this.#chunksBytes += keptBytes;
    }
  }

  u8(value: number): void {
    this.#reserve(1);
    this.#slab[this.#at++] = value;
  }

  u16(value: number): void {
    this.#reserve(2);
    this.#at = this.#slab.writeUInt16BE(value, this.#at);
  }

  u32(value: number): void {
    this.#reserve(4);
    this.#at = this.#slab.writeUInt32BE(value, this.#at);
  }

  /** Characters up to 0xff, a byte each, without a length. */
  latin1(text: string): void {
    // Mostly for whom a hint is: for nobody.
    if (text.length === 0) return;
    this.#reserve(text.length);
    this.#at += this.#slab.write(text, this.#at, text.length, "latin1");
  }

  /** Pairs of hexadecimal digits, a byte each, without a length. */
  hex(digits: string): void {
    this.#reserve(digits.length / 2);
    const written = this.#slab.write(digits, this.#at, digits.length / 2, "hex");
    if (written * 2 !== digits.length) {
      throw new RangeError(`Cannot send ${JSON.stringify(digits)}: it is not hexadecimal`);
    }
    this.#at += written;
  }

  /** Bytes without a length. The caller must not change them afterwards. */
  raw(bytes: Uint8Array): void {
    if (bytes.length < REFERENCE_BYTES_MIN) {
      this.#reserve(bytes.length);
      this.#slab.set(bytes, this.#at);
      this.#at += bytes.length;
      return;
    }
    this.#closeChunk();
    this.#chunks.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    this.#chunksBytes += bytes.length;
  }

  /** Everything gathered so far, in order, to be sent; the writer starts anew. */
  take(): readonly Uint8Array[] {
    this.#closeChunk();
    const wantedBytes = Math.max(SLAB_BYTES_MIN, TAKINGS_PER_SLAB * this.#chunksBytes);
    this.#nextSlabBytes = Math.min(SLAB_BYTES_MAX, wantedBytes);
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#chunksBytes = 0;
    return chunks;
  }

  #reserve(sizeBytes: number): void {
    if (this.#slab.length - this.#at >= sizeBytes) return;
    this.#closeChunk();
    this.#slab = Buffer.allocUnsafeSlow(Math.max(this.#nextSlabBytes, sizeBytes));
    this.#nextSlabBytes = Math.min(SLAB_BYTES_MAX, 2 * this.#nextSlabBytes);
    this.#start = 0;
    this.#at = 0;
  }

  #closeChunk(): void {
    if (this.#at === this.#start) return;
    this.#chunks.push(this.#slab.subarray(this.#start, this.#at));
    this.#chunksBytes += this.#at - this.#start;
    this.#start = this.#at;
  }
}
