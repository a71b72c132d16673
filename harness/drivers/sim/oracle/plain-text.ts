import {
  decodeOperations,
  decodePayload,
  encodePayload,
} from "../../../../src/protocol/payload.ts";
import { byteString } from "../../../../src/storage/byte-strings.ts";

/**
 * A payload as its client wrote it, one character a byte: without the operations that the store keeps in its envelope
 * (K-11), which differ where two nodes made one write. Throws FormatError.
 */
export function plainText(payload: Uint8Array): string {
  const { own, superseded } = decodeOperations(payload);
  const isPlain = own === undefined && superseded.length === 0;
  return byteString(isPlain ? payload : encodePayload(decodePayload(payload)));
}
