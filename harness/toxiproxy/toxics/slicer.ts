import type { ToxicType } from "./toxic-type.ts";

/**
 * Cuts chunks into slices of `average_size` ± `size_variation` bytes and waits `delay` microseconds
 * after each, so that a reader that takes one read for one message is found out.
 */
export const slicer: ToxicType<"average_size" | "size_variation" | "delay"> = {
  type: "slicer",
  goNames: { struct: "SlicerToxic", integer: "int" },
  attributeNames: ["average_size", "size_variation", "delay"],
  bufferChunks: 0,
  closesOnRemoval: false,
  async pipe(stub, attributes) {
    for (;;) {
      const next = await stub.read();
      if (next === "end") return stub.close();
      if (typeof next === "string") return;
      const { data, readAtMs } = next;
      let start = 0;
      for (const end of sliceEnds(data.length, attributes, stub.random)) {
        await stub.write({ data: data.subarray(start, end), readAtMs });
        start = end;
        if ((await stub.sleep(attributes.delay / 1000)) === "interrupted") {
          if (end < data.length) await stub.write({ data: data.subarray(end), readAtMs });
          return;
        }
      }
    }
  },
};

/**
 * Where to cut a chunk of `length` bytes, in rising order, the last one being `length`. Halves a
 * piece near its middle until it is small enough, so that slices at the edges are as large as those
 * within.
 */
export function sliceEnds(
  length: number,
  sizes: { readonly average_size: number; readonly size_variation: number },
  random: () => number,
): readonly number[] {
  const variation = Math.max(0, sizes.size_variation);
  const ends: number[] = [];
  // Pieces yet to be cut; the last is the leftmost. A stack, as a recursion would be as deep as a
  // hostile size makes it.
  const pieces: (readonly [number, number])[] = [[0, length]];
  for (let piece = pieces.pop(); piece !== undefined; piece = pieces.pop()) {
    const [start, end] = piece;
    if (end - start <= 1 || end - start - sizes.average_size <= variation) {
      ends.push(end);
      continue;
    }
    const wish =
      start + Math.floor((end - start) / 2) + Math.floor(random() * variation * 2) - variation;
    // A cut outside the piece would repeat or lose bytes; the real server trusts the caller here.
    const middle = Math.min(end - 1, Math.max(start + 1, wish));
    pieces.push([middle, end], [start, middle]);
  }
  return ends;
}
