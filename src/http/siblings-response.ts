import { concatBytes, toHex } from "../base/bytes.ts";
import { sha256 } from "../base/hash.ts";
import type { SiblingsAnswer } from "../node/contract.ts";
import { CONTEXT_HEADER, STALE_HEADER } from "../protocol/headers.ts";
import type { Payload } from "../protocol/payload.ts";
import { decodePayload } from "../protocol/payload.ts";
import type { HttpResponse } from "./exchange.ts";

/**
 * One version: 200 and the value. Several: 300 as multipart/mixed, or as JSON where the client asked for it. None, or only
 * tombstones: 404, still with a context, without which a later put could not replace the tombstone (D-4.1-9).
 */
export function siblingsResponse(answer: SiblingsAnswer, accept: string | undefined): HttpResponse {
  const live = answer.payloads.map(decodePayload).filter((payload) => !payload.tombstone);
  const [first, second] = live;
  const context = {
    [CONTEXT_HEADER]: answer.context,
    ...(answer.isStale ? { [STALE_HEADER]: "true" } : {}),
  };
  if (first === undefined) {
    return { status: 404, headers: { ...context, "content-type": "text/plain" }, body: NOT_FOUND };
  }
  if (second === undefined) {
    return {
      status: 200,
      headers: { ...context, "content-type": first.contentType },
      body: first.bytes,
    };
  }
  if (accept?.includes("application/json")) {
    return {
      status: 300,
      headers: { ...context, "content-type": "application/json" },
      body: Buffer.from(JSON.stringify(siblingsJson(live, answer.context))),
    };
  }
  const boundary = boundaryFor(live);
  return {
    status: 300,
    headers: { ...context, "content-type": `multipart/mixed; boundary=${boundary}` },
    body: multipart(live, boundary),
  };
}

const NOT_FOUND = Buffer.from("not found\n");

function siblingsJson(live: readonly Payload[], context: string): object {
  return {
    context,
    siblings: live.map(({ bytes, contentType }) => ({
      value: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64"),
      contentType,
    })),
  };
}

function multipart(live: readonly Payload[], boundary: string): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (const { bytes, contentType } of live) {
    pieces.push(Buffer.from(`--${boundary}\r\nContent-Type: ${contentType}\r\n\r\n`));
    pieces.push(bytes, Buffer.from("\r\n"));
  }
  pieces.push(Buffer.from(`--${boundary}--\r\n`));
  return Buffer.concat(pieces);
}

/** A hash of the values makes a boundary that a value cannot contain unless it contains its own hash. */
function boundaryFor(live: readonly Payload[]): string {
  const digest = sha256(concatBytes(live.map((payload) => payload.bytes)));
  return `ringside-${toHex(digest).slice(0, 40)}`;
}
