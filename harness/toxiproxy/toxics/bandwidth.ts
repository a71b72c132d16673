import type { Chunk } from "../chunk-queue.ts";
import type { ToxicStub } from "../toxic-stub.ts";
import type { ToxicType } from "./toxic-type.ts";

/**
 * A large chunk is sent in the portions that fit in this time, so that a slow link trickles instead
 * of stalling.
 */
const PORTION_MS = 100;

/**
 * Limits the stream to `rate` kilobytes (1,000 bytes) a second. At 0 or less nothing gets through
 * until it is removed.
 */
export const bandwidth: ToxicType<"rate"> = {
  type: "bandwidth",
  goNames: { struct: "BandwidthToxic", integer: "int64" },
  attributeNames: ["rate"],
  bufferChunks: 0,
  closesOnRemoval: false,
  async pipe(stub, attributes) {
    // Time that is owed to the limit: negative where the last sleep took longer than asked.
    const debt = { owedMs: 0 };
    for (;;) {
      const next = await stub.read();
      if (next === "end") return stub.close();
      if (typeof next === "string") return;
      const rest =
        attributes.rate > 0
          ? await sendPortions(stub, next, { rateBytesPerMs: attributes.rate, debt })
          : await blockUntilInterrupted(stub, next);
      if (rest.data.length > 0) await stub.write(rest);
      if (rest.interrupted) return;
    }
  },
};

/** Sends all but the last portion and waits for that one's turn; answers what is left to send. */
async function sendPortions(
  stub: ToxicStub,
  chunk: Chunk,
  limit: { readonly rateBytesPerMs: number; readonly debt: { owedMs: number } },
): Promise<Chunk & { readonly interrupted: boolean }> {
  const { rateBytesPerMs, debt } = limit;
  const portionBytes = rateBytesPerMs * PORTION_MS;
  let data = chunk.data;
  debt.owedMs += data.length / rateBytesPerMs;
  while (data.length > portionBytes) {
    const startedAtMs = performance.now();
    if ((await stub.sleep(PORTION_MS)) === "interrupted")
      return { ...chunk, data, interrupted: true };
    await stub.write({ data: data.subarray(0, portionBytes), readAtMs: chunk.readAtMs });
    data = data.subarray(portionBytes);
    debt.owedMs -= performance.now() - startedAtMs;
  }
  const startedAtMs = performance.now();
  const slept = await stub.sleep(debt.owedMs);
  debt.owedMs -= performance.now() - startedAtMs;
  // Time in which nothing was sent is no credit for later.
  if (debt.owedMs < -PORTION_MS) debt.owedMs = -PORTION_MS;
  return { ...chunk, data, interrupted: slept === "interrupted" };
}

async function blockUntilInterrupted(
  stub: ToxicStub,
  chunk: Chunk,
): Promise<Chunk & { readonly interrupted: boolean }> {
  let slept = await stub.sleep(PORTION_MS);
  while (slept === "elapsed") slept = await stub.sleep(PORTION_MS);
  return { ...chunk, interrupted: true };
}
