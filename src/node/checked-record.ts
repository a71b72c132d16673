import { FormatError } from "../base/binary.ts";
import { counterOverLimit } from "../causality/counter-limit.ts";
import type { Siblings, Versioning } from "../causality/versioning.ts";
import { decodePayload } from "../protocol/payload.ts";

/**
 * Reads a record that comes from outside the cluster, as far as anybody ever reads one: a replica stores versions unread, so that one which
 * no client can be given would only be found out by the reads of its key, for good. Peers' records are taken as they are: what a newer
 * program acknowledged must reach all of its replicas while a cluster is updated. Throws FormatError, one line.
 */
export function decodeChecked(versioning: Versioning, record: Uint8Array): Siblings {
  const siblings = versioning.decode(record);
  const reason = counterOverLimit(siblings.clock);
  if (reason !== undefined) throw new FormatError(`Cannot read a record: ${reason}`);
  for (const payload of siblings.payloads) decodePayload(payload);
  return siblings;
}
