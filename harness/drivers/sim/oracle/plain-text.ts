import { decodePayload, encodePayload } from "../../../../src/protocol/payload.ts";
import { byteString } from "../../../../src/storage/byte-strings.ts";

/** The highest flags of a payload without operations: those of a tombstone. */
const PLAIN_FLAGS_MAX = 1;

/**
 * A payload as its client wrote it, one character a byte: without the operations that the store keeps in its envelope
 * (K-11), which differ where two nodes made one write. Throws FormatError.
 */
export function plainText(payload: Uint8Array): string {
  const isPlain = (payload[1] ?? 0) <= PLAIN_FLAGS_MAX;
  return byteString(isPlain ? payload : encodePayload(decodePayload(payload)));
}
