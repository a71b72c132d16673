import fc from "fast-check";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { BodyPieces } from "./body-pieces.ts";

const gathered = (chunks: readonly Buffer[]) => {
  const pieces = new BodyPieces();
  for (const chunk of chunks) pieces.add(chunk);
  return pieces;
};

describe("BodyPieces", () => {
  test("gives back what was added, in order, whatever the sizes of the chunks", () => {
    const size = fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 20_000 }));
    fc.assert(
      fc.property(fc.array(size, { maxLength: 30 }), (sizes) => {
        let next = 0;
        const chunks = sizes.map((bytes) =>
          Buffer.from(Array.from({ length: bytes }, () => next++ % 251)),
        );
        const whole = gathered(chunks).whole();
        expect(Buffer.compare(whole, Buffer.concat(chunks))).toBe(0);
      }),
      { numRuns: 200 },
    );
  });

  test("hands on an only chunk as it came", () => {
    const chunk = Buffer.from("whole");
    expect(gathered([chunk]).whole()).toBe(chunk);
    expect(gathered([]).whole()).toHaveLength(0);
  });

  test("keeps few buffers, however many chunks there were", () => {
    const concat = vi.spyOn(Buffer, "concat");
    onTestFinished(() => concat.mockRestore());
    const chunks = Array.from({ length: 100_000 }, (_, at) => Buffer.alloc(at % 3 === 0 ? 5 : 1));
    const whole = gathered(chunks).whole();
    const [pieces] = concat.mock.lastCall ?? [];
    expect(pieces?.length).toBeLessThanOrEqual(2 + whole.length / (16 * 1_024));
  });

  test("is empty once it was taken or given up", () => {
    const pieces = gathered([Buffer.from("a"), Buffer.from("b")]);
    pieces.clear();
    expect(pieces.whole()).toHaveLength(0);
    pieces.add(Buffer.from("c"));
    expect(pieces.whole()).toEqual(Buffer.from("c"));
    expect(pieces.whole()).toHaveLength(0);
  });
});
