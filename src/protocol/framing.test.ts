import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FormatError } from "../base/binary.ts";
import { FrameReader, FrameWriter } from "./framing.ts";

const FRAME_BYTES_MAX = 100_005;

interface Frame {
  readonly kind: number;
  readonly id: number;
  readonly body: string;
}

/** The frames of a stream cut at any places, with what the reader threw. */
function readAll(chunks: readonly Uint8Array[], frameBytesMax = FRAME_BYTES_MAX) {
  const frames: Frame[] = [];
  const reader = new FrameReader(frameBytesMax, (kind, id, body) =>
    frames.push({ kind, id, body: body.toString("hex") }),
  );
  let failure: unknown;
  try {
    for (const chunk of chunks) reader.push(chunk);
  } catch (error) {
    failure = error;
  }
  return { frames, failure, reader };
}

function cut(stream: Buffer, places: readonly number[]): Uint8Array[] {
  const sorted = [...new Set(places.map((place) => place % (stream.length + 1)))].sort(
    (left, right) => left - right,
  );
  return [...sorted, stream.length].map((end, index) =>
    stream.subarray(sorted[index - 1] ?? 0, end),
  );
}

const anyFrame = fc.record({
  kind: fc.nat({ max: 255 }),
  id: fc.nat({ max: 0xffff_ffff }),
  parts: fc.array(
    fc.oneof(
      fc.uint8Array({ maxLength: 20 }),
      fc.nat({ max: 50_000 }).map((length) => new Uint8Array(length).fill(length)),
    ),
    { maxLength: 2 },
  ),
});

describe("FrameWriter and FrameReader", () => {
  test("carry any frames through any chunking", () => {
    fc.assert(
      fc.property(
        fc.array(anyFrame, { maxLength: 8 }),
        fc.array(fc.nat({ max: 400_000 }), { maxLength: 30 }),
        (frames, places) => {
          const writer = new FrameWriter(FRAME_BYTES_MAX);
          for (const { kind, id, parts } of frames) {
            writer.begin(kind, id);
            for (const part of parts) writer.raw(part);
            writer.end();
          }
          const sizeBytes = writer.sizeBytes;
          const stream = Buffer.concat(writer.take());
          expect(stream.length).toBe(sizeBytes);
          const { frames: read, failure, reader } = readAll(cut(stream, places));
          expect(failure).toBeUndefined();
          expect(reader.midFrame).toBe(false);
          expect(read).toEqual(
            frames.map(({ kind, id, parts }) => ({
              kind,
              id,
              body: Buffer.concat(parts).toString("hex"),
            })),
          );
        },
      ),
    );
  });

  test("a frame cut anywhere yields nothing and waits", () => {
    const writer = new FrameWriter(FRAME_BYTES_MAX);
    writer.begin(1, 2);
    writer.raw(Buffer.from("body"));
    writer.end();
    const stream = Buffer.concat(writer.take());
    for (let end = 1; end < stream.length; end++) {
      const { frames, failure, reader } = readAll([stream.subarray(0, end)]);
      expect([frames.length, failure, reader.midFrame]).toEqual([0, undefined, true]);
    }
  });

  test.each([0, 1, 4, 101, 0x7fff_ffff, 0xffff_ffff])("refuse a length of %i", (length) => {
    const stream = Buffer.alloc(9);
    stream.writeUInt32BE(length);
    for (const chunks of [[stream], cut(stream, [1, 2, 3, 5])]) {
      expect(readAll(chunks, 100).failure).toBeInstanceOf(FormatError);
    }
  });

  test("garbage is frames or FormatError, never another error", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), (chunks) => {
        const { failure } = readAll(chunks, 1_000);
        if (failure !== undefined) expect(failure).toBeInstanceOf(FormatError);
      }),
    );
  });

  test("a frame in one chunk is not copied, and a large part is sent from where it lies", () => {
    const part = Buffer.alloc(20_000, 7);
    const writer = new FrameWriter(FRAME_BYTES_MAX);
    writer.begin(1, 1);
    writer.raw(part);
    writer.end();
    const chunks = writer.take();
    expect(chunks.some((chunk) => chunk.buffer === part.buffer)).toBe(true);
    const stream = Buffer.concat(chunks);
    const bodies: Buffer[] = [];
    new FrameReader(FRAME_BYTES_MAX, (_kind, _id, body) => bodies.push(body)).push(stream);
    expect(bodies[0]?.buffer).toBe(stream.buffer);
  });

  test("a writer that says little keeps little, and one that says much asks for memory seldom", () => {
    const writer = new FrameWriter(FRAME_BYTES_MAX);
    const slabs = (turns: number, bodyBytes: number) => {
      const memories = new Set<ArrayBufferLike>();
      for (let turn = 0; turn < turns; turn += 1) {
        writer.begin(1, turn);
        writer.raw(Buffer.alloc(bodyBytes));
        writer.end();
        for (const { buffer } of writer.take()) memories.add(buffer);
      }
      return [...memories].map(({ byteLength }) => byteLength);
    };
    expect(Math.max(...slabs(200, 50))).toBe(4_096);
    const large = slabs(200, 10_000);
    expect(Math.max(...large)).toBe(65_536);
    expect(large.length).toBeLessThan(200 / 5);
    // Once the large one is used up.
    expect(slabs(2_000, 50).at(-1)).toBe(4_096);
  });

  test("stop() ends in mid-chunk", () => {
    const writer = new FrameWriter(FRAME_BYTES_MAX);
    for (const id of [1, 2, 3]) {
      writer.begin(1, id);
      writer.end();
    }
    const ids: number[] = [];
    const reader = new FrameReader(FRAME_BYTES_MAX, (_kind, id) => {
      ids.push(id);
      if (id === 2) reader.stop();
    });
    reader.push(Buffer.concat(writer.take()));
    expect(ids).toEqual([1, 2]);
  });
});
