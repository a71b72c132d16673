import { RING_HEADER } from "../protocol/headers.ts";
import { ringTag } from "../protocol/ring-tag.ts";
import type { RingStamp } from "../ring/ring.ts";
import type { HttpRequest, HttpResponse } from "./exchange.ts";

/**
 * Tells a client that it goes by another ring than this node (D-6.4-3). Clients that name no ring are told nothing and cost nothing; those
 * that name this one neither.
 */
export async function withRingNotice(
  { headers }: HttpRequest,
  response: Promise<HttpResponse>,
  stamp: () => RingStamp,
): Promise<HttpResponse> {
  const answer = await response;
  const tag = ringTag(stamp());
  return headers[RING_HEADER] === tag
    ? answer
    : { ...answer, headers: { ...answer.headers, [RING_HEADER]: tag } };
}
