import type { ToxicType } from "./toxic-type.ts";

/**
 * Passes everything on. It also stands in for a toxic on the connections that its toxicity spares.
 */
export const noop: ToxicType<never> = {
  type: "noop",
  goNames: { struct: "NoopToxic", integer: "int64" },
  attributeNames: [],
  bufferChunks: 0,
  closesOnRemoval: false,
  async pipe(stub) {
    for (;;) {
      const next = await stub.read();
      if (next === "end") return stub.close();
      if (typeof next === "string") return;
      await stub.write(next);
    }
  },
};
