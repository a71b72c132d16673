import type { ToxicType } from "./toxic-type.ts";

/** Closes the connection once `bytes` bytes have gone through. An update keeps the count. */
export const limitData: ToxicType<"bytes"> = {
  type: "limit_data",
  goNames: { struct: "LimitDataToxic", integer: "int64" },
  attributeNames: ["bytes"],
  bufferChunks: 0,
  closesOnRemoval: false,
  async pipe(stub, attributes) {
    for (;;) {
      const next = await stub.read();
      if (next === "end") return stub.close();
      if (typeof next === "string") return;
      const remainingBytes = Math.max(0, attributes.bytes - stub.state.transmittedBytes);
      const data = next.data.subarray(0, remainingBytes);
      stub.state.transmittedBytes += data.length;
      const spent = stub.state.transmittedBytes >= attributes.bytes;
      if (data.length > 0) {
        const written = stub.write({ data, readAtMs: next.readAtMs });
        // Closing must not wait for room behind this toxic: the limit is reached, and an
        // interruption could get in between.
        if (!spent) await written;
      }
      if (spent) return stub.close();
    }
  },
};
