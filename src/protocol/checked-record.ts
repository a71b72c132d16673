import { FormatError } from "../base/binary.ts";
import { counterOverLimit } from "../causality/counter-limit.ts";
import type { Siblings, Versioning } from "../causality/versioning.ts";
import { checkPayload } from "./payload.ts";

/**
 * Reads a record that others made, as far as anybody ever reads one: causality leaves versions unread, so that one which no client can be given
 * would only be found out by the reads of its key, for good; and a context with a counter over the limit would be refused by the very nodes
 * that gave it. Takes the place of `Versioning.decode`, so that nothing is decoded twice. Throws FormatError, one line.
 */
export function decodeChecked(versioning: Versioning, record: Uint8Array): Siblings {
  const siblings = versioning.decode(record);
  const reason = counterOverLimit(siblings.clock);
  if (reason !== undefined) throw new FormatError(`Cannot read a record: ${reason}`);
  for (const payload of siblings.payloads) checkPayload(payload);
  return siblings;
}

/** The same rules for whoever is given records by others alone: `decode` checks them. */
export function checkedVersioning(versioning: Versioning): Versioning {
  return { ...versioning, decode: (record) => decodeChecked(versioning, record) };
}
