import type { ToxicType } from "./toxic-type.ts";

/**
 * Delays every chunk by `latency` ± `jitter` milliseconds, counted from when it was read, so that
 * waiting chunks wait side by side. Order is kept: a chunk with a short delay waits for the one
 * before it.
 */
export const latency: ToxicType<"latency" | "jitter"> = {
  type: "latency",
  goNames: { struct: "LatencyToxic", integer: "int64" },
  attributeNames: ["latency", "jitter"],
  bufferChunks: 1024,
  closesOnRemoval: false,
  async pipe(stub, attributes) {
    for (;;) {
      const next = await stub.read();
      if (next === "end") return stub.close();
      if (typeof next === "string") return;
      const delayMs = attributes.latency + jitterMs(attributes.jitter, stub.random);
      const sleepMs = next.readAtMs + delayMs - performance.now();
      const slept = await stub.sleep(sleepMs);
      // The next latency toxic of the chain counts from when this one was done, or two would not
      // add up.
      const readAtMs = slept === "elapsed" ? next.readAtMs + delayMs : next.readAtMs;
      await stub.write({ data: next.data, readAtMs });
      if (slept === "interrupted") return;
    }
  },
};

function jitterMs(jitter: number, random: () => number): number {
  return jitter > 0 ? Math.floor(random() * jitter * 2) - jitter : 0;
}
