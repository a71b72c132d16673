import type { ToxicType } from "./toxic-type.ts";

/**
 * Drops everything, and closes the connection when nothing has come for `timeout` milliseconds; at
 * 0 it never does.
 *
 * The close of the source still gets through, as in the real server. Removal closes the connection:
 * with bytes missing from its middle, a stream that went on would be garbage to whoever reads it.
 */
export const timeout: ToxicType<"timeout"> = {
  type: "timeout",
  goNames: { struct: "TimeoutToxic", integer: "int64" },
  attributeNames: ["timeout"],
  bufferChunks: 0,
  closesOnRemoval: true,
  async pipe(stub, attributes) {
    const idleMs = attributes.timeout > 0 ? attributes.timeout : Number.POSITIVE_INFINITY;
    for (;;) {
      const next = await stub.read(idleMs);
      if (next === "end" || next === "timeout") return stub.close();
      if (next === "interrupted") return;
    }
  },
};
