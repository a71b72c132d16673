import { DynamoError } from "../protocol/errors.ts";
import { CONTEXT_HEADER } from "../protocol/headers.ts";
import type { HttpRequest } from "./exchange.ts";

/**
 * Conditions of RFC 9110, 13.1, under which a write would be made or not. `If-Modified-Since` is none: for writes it has no meaning there
 * (13.1.3).
 */
const CONDITIONS = ["if-match", "if-none-match", "if-unmodified-since"] as const;

/**
 * Refuses headers that would make less of a write than it says without them: to make it all the same would overwrite what its client
 * meant to keep, or keep something else than it meant. Throws DynamoError: bad-parameter for a condition, or a part of a value (RFC
 * 9110, 14.5), unsupported-encoding for a value that is to be decoded.
 */
export function expectPlainWrite({ headers }: HttpRequest): void {
  for (const name of CONDITIONS) {
    if (headers[name] !== undefined) {
      throw new DynamoError(
        "bad-parameter",
        `Cannot write under ${name}: no write is conditional here; send ${CONTEXT_HEADER} of a read, and only what was read is replaced`,
      );
    }
  }
  if (headers["content-range"] !== undefined) {
    throw new DynamoError(
      "bad-parameter",
      `Cannot write under content-range: a value is written whole; read it, and send all of it with its ${CONTEXT_HEADER}`,
    );
  }
  const encoding = headers["content-encoding"] ?? "";
  if (encoding !== "" && encoding.toLowerCase() !== "identity") {
    throw new DynamoError(
      "unsupported-encoding",
      `Cannot keep content-encoding ${JSON.stringify(encoding.slice(0, 40))}: allowed is identity; send the value decoded, or without the header and with a content-type that says what it is`,
    );
  }
}
