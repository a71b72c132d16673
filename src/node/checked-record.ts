import { FormatError } from "../base/binary.ts";
import { counterOverLimit } from "../causality/counter-limit.ts";
import type { Versioning } from "../causality/versioning.ts";
import { decodePayload } from "../protocol/payload.ts";

/**
 * Reads a record that comes from outside the cluster, as far as anybody ever reads one: a replica stores versions unread, so that one which
 * no client can be given would only be found out by the reads of its key, for good. Throws FormatError, one line.
 */
export function checkRecord(versioning: Versioning, record: Uint8Array): void {
  const { clock, payloads } = versioning.decode(record);
  const reason = counterOverLimit(clock);
  if (reason !== undefined) throw new FormatError(`Cannot read a record: ${reason}`);
  for (const payload of payloads) decodePayload(payload);
}
