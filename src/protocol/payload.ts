/*
 * What a version carries. Causality sees only opaque bytes; equal payloads are equal bytes.
 *
 *     payload     = version:u8 (1) flags:u8 length:u8 contentType:ASCII[length] value:rest
 *     flags       = 1 for a tombstone, which has no content type and no value; otherwise 0
 *     contentType = 0 to 255 characters of 0x20 to 0x7e
 */
import { FormatError } from "../base/binary.ts";

/** One version as a client wrote it. */
export interface Payload {
  /** Media type as the writer sent it; empty where it sent none, and in a tombstone. */
  readonly contentType: string;
  readonly tombstone: boolean;
  /** The value; empty in a tombstone. */
  readonly bytes: Uint8Array;
}

const VERSION = 1;
const TOMBSTONE = 1;
const HEAD_BYTES = 3;
export const CONTENT_TYPE_CHARS_MAX = 255;
const CONTENT_TYPE_PATTERN = /^[\x20-\x7e]{0,255}$/;

/** The payload of every delete. */
export const TOMBSTONE_PAYLOAD: Payload = {
  contentType: "",
  tombstone: true,
  bytes: new Uint8Array(0),
};

/** Throws RangeError on a content type that cannot be kept, and on a tombstone with a value. */
export function encodePayload({ contentType, tombstone, bytes }: Payload): Uint8Array {
  if (!CONTENT_TYPE_PATTERN.test(contentType)) {
    throw new RangeError(
      `Cannot keep the content type: it must be at most ${CONTENT_TYPE_CHARS_MAX} printable ASCII characters`,
    );
  }
  if (tombstone && (contentType !== "" || bytes.length > 0)) {
    throw new RangeError("Cannot encode a tombstone: it has a content type or a value");
  }
  const valueAt = HEAD_BYTES + contentType.length;
  const encoded = Buffer.allocUnsafe(valueAt + bytes.length);
  encoded[0] = VERSION;
  encoded[1] = tombstone ? TOMBSTONE : 0;
  encoded[2] = contentType.length;
  encoded.write(contentType, HEAD_BYTES, contentType.length, "latin1");
  encoded.set(bytes, valueAt);
  return encoded;
}

/** Without reading the rest of it. */
export function isTombstonePayload(encoded: Uint8Array): boolean {
  return encoded.length === HEAD_BYTES && encoded[0] === VERSION && encoded[1] === TOMBSTONE;
}

/** `bytes` of the result is a view of the argument, not a copy. Throws FormatError. */
export function decodePayload(encoded: Uint8Array): Payload {
  // By index: taking a byte array apart would run an iterator for each version of each read.
  const version = encoded[0];
  const flags = encoded[1];
  const length = encoded[2];
  if (version === undefined || flags === undefined || length === undefined) {
    throw new FormatError(`Cannot read a payload: it has ${encoded.length} bytes`);
  }
  if (version !== VERSION) {
    throw new FormatError(`Cannot read a payload: version ${version} is unknown`);
  }
  if (flags > TOMBSTONE) throw new FormatError(`Cannot read a payload: flags ${flags} are unknown`);
  const valueAt = HEAD_BYTES + length;
  if (encoded.length < valueAt) {
    throw new FormatError(
      `Cannot read a payload: the content type has ${length} characters and ${encoded.length - HEAD_BYTES} bytes are left`,
    );
  }
  if (flags === TOMBSTONE) {
    if (encoded.length > HEAD_BYTES) {
      throw new FormatError("Cannot read a payload: a tombstone has a content type or a value");
    }
    return TOMBSTONE_PAYLOAD;
  }
  return {
    contentType: asciiOf(encoded, HEAD_BYTES, valueAt),
    tombstone: false,
    bytes: encoded.subarray(valueAt),
  };
}

function asciiOf(bytes: Uint8Array, start: number, end: number): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(
    "latin1",
    start,
    end,
  );
  if (!CONTENT_TYPE_PATTERN.test(text)) {
    throw new FormatError("Cannot read a payload: the content type is not printable ASCII");
  }
  return text;
}
