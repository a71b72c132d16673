import { crc32 } from "node:zlib";
import { DamageError } from "../storage/engine.ts";

/**
 * Databases trust their files. A value is stored behind a checksum of itself and its key, so that what the disk or a stray
 * write damaged is found when it is read, and is not sent to other replicas:
 *
 *     sealed = u32 CRC-32 of key and value, value
 */
export function sealValue(key: Uint8Array, value: Uint8Array): Buffer {
  const sealed = Buffer.allocUnsafeSlow(sealedSizeOf(value));
  sealInto(sealed, 0, { key, value });
  return sealed;
}

/** How many bytes `sealInto` writes. */
export function sealedSizeOf(value: Uint8Array): number {
  return SEAL_SIZE_BYTES + value.length;
}

/** The same as `sealValue`, into memory that is there. */
export function sealInto(
  target: Buffer,
  at: number,
  { key, value }: { readonly key: Uint8Array; readonly value: Uint8Array },
): void {
  target.writeUInt32BE(checksum(key, value), at);
  target.set(value, at + SEAL_SIZE_BYTES);
}

/** The value, a view of `sealed`. Throws DamageError where it is not what was sealed under this key. */
export function unsealValue(key: Uint8Array, sealed: Uint8Array): Uint8Array {
  const value = sealed.subarray(SEAL_SIZE_BYTES);
  const [first = 0, second = 0, third = 0, fourth = 0] = sealed;
  const expected = ((first << 24) | (second << 16) | (third << 8) | fourth) >>> 0;
  if (sealed.length < SEAL_SIZE_BYTES || checksum(key, value) !== expected) {
    throw new DamageError(
      `Cannot read the value of key ${Buffer.from(key).toString("hex")}: its ${sealed.length} bytes are damaged`,
    );
  }
  return value;
}

/** The same for a scan, which one damaged value must not end: undefined for it. */
export function unsealIfWhole(key: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
  try {
    return unsealValue(key, sealed);
  } catch (error) {
    if (error instanceof DamageError) return undefined;
    throw error;
  }
}

const SEAL_SIZE_BYTES = 4;

function checksum(key: Uint8Array, value: Uint8Array): number {
  return crc32(value, crc32(key));
}
