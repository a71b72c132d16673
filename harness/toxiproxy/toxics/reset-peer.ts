import type { ToxicType } from "./toxic-type.ts";

/**
 * Resets the connection (RST to both sides) `timeout` milliseconds after its first chunk or its
 * close.
 *
 * The real server resets only connections made after the toxic was added, and closes older ones in
 * order; here all are reset. An interruption while the time runs resets at once, since the chunk
 * that started it is gone.
 */
export const resetPeer: ToxicType<"timeout"> = {
  type: "reset_peer",
  goNames: { struct: "ResetToxic", integer: "int64" },
  attributeNames: ["timeout"],
  bufferChunks: 0,
  closesOnRemoval: false,
  async pipe(stub, attributes) {
    const next = await stub.read();
    if (next === "interrupted") return;
    await stub.sleep(attributes.timeout);
    stub.close("reset");
  },
};
