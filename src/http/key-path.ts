import { fromBase64url } from "../base/bytes.ts";
import { DynamoError } from "../protocol/errors.ts";
import { KEY_BYTES_MAX } from "../protocol/key-limit.ts";

/**
 * The key a path names: `/kv/{percent-encoded}` or the exact form `/kv64/{base64url}`, which the client library uses
 * because URL clients fold some percent-encoded paths. Undefined for another path; throws DynamoError bad-key.
 */
export function keyOfPath(path: string): Uint8Array | undefined {
  if (path.startsWith("/kv/")) return checked(percentDecode(path.slice("/kv/".length)));
  if (path.startsWith("/kv64/")) return checked(base64urlKey(path.slice("/kv64/".length)));
  return undefined;
}

/** Decodes base64url; throws DynamoError bad-key on everything that is not its canonical form. */
export function base64urlKey(text: string): Uint8Array {
  const bytes = fromBase64url(text);
  if (bytes === undefined) {
    throw new DynamoError("bad-key", "Cannot read the key: it is not canonical base64url");
  }
  return bytes;
}

/** Percent-decoding to bytes: keys are bytes and need not be UTF-8 (D-2.1-1). */
function percentDecode(text: string): Uint8Array {
  if (!text.includes("%")) return Buffer.from(text, "utf8");
  const parts = text.split("%");
  const pieces = [Buffer.from(parts[0] ?? "", "utf8")];
  for (const part of parts.slice(1)) {
    const hex = part.slice(0, 2);
    if (!/^[0-9A-Fa-f]{2}$/.test(hex)) {
      throw new DynamoError(
        "bad-key",
        `Cannot read the key: "%${hex}" is not a percent-encoded byte`,
      );
    }
    pieces.push(Buffer.from(hex, "hex"), Buffer.from(part.slice(2), "utf8"));
  }
  return Buffer.concat(pieces);
}

function checked(key: Uint8Array): Uint8Array {
  if (key.length < 1 || key.length > KEY_BYTES_MAX) {
    throw new DynamoError(
      "bad-key",
      `Cannot use a key of ${key.length} bytes: it must be 1 to ${KEY_BYTES_MAX} bytes long`,
    );
  }
  return key;
}
