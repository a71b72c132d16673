import type { ToxicType } from "./toxic-type.ts";

/**
 * Passes everything on, but keeps the connection open for `delay` milliseconds after its source has
 * closed.
 */
export const slowClose: ToxicType<"delay"> = {
  type: "slow_close",
  goNames: { struct: "SlowCloseToxic", integer: "int64" },
  attributeNames: ["delay"],
  bufferChunks: 0,
  closesOnRemoval: false,
  async pipe(stub, attributes) {
    for (;;) {
      const next = await stub.read();
      if (next === "end") {
        if ((await stub.sleep(attributes.delay)) === "elapsed") stub.close();
        return;
      }
      if (typeof next === "string") return;
      await stub.write(next);
    }
  },
};
