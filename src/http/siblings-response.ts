import { concatBytes, toHex } from "../base/bytes.ts";
import { sha256 } from "../base/hash.ts";
import type { SiblingsAnswer } from "../node/contract.ts";
import {
  CLOCK_TOO_LONG,
  CONTEXT_HEADER,
  CONTEXT_MISSING_HEADER,
  STALE_HEADER,
} from "../protocol/headers.ts";
import type { Payload } from "../protocol/payload.ts";
import { decodePayload } from "../protocol/payload.ts";
import type { HttpResponse } from "./exchange.ts";

/**
 * One version: 200 and the value. Several: 300 as multipart/mixed, or as JSON where the client asked for it. None, or only
 * tombstones: 404, still with a context, without which a later put could not replace the tombstone (D-4.1-9).
 * Where the key's clock is too long for a context a header says so in its place, with whichever status.
 */
export function siblingsResponse(answer: SiblingsAnswer, accept: string | undefined): HttpResponse {
  const live = answer.payloads.map(decodePayload).filter((payload) => !payload.tombstone);
  const [first, second] = live;
  const response = (status: number, contentType: string, body: Uint8Array): HttpResponse => ({
    status,
    headers: headersOf(answer, contentType),
    body,
  });
  if (first === undefined) return response(404, "text/plain", NOT_FOUND);
  if (second === undefined) return response(200, first.contentType, first.bytes);
  if (accept?.includes("application/json")) {
    const body = Buffer.from(JSON.stringify(siblingsJson(live, answer.context)));
    return response(300, "application/json", body);
  }
  const boundary = boundaryFor(live);
  const body = multipart(live, boundary);
  return response(300, `multipart/mixed; boundary=${boundary}`, body);
}

function headersOf(
  { context, isStale }: SiblingsAnswer,
  contentType: string,
): HttpResponse["headers"] {
  const token =
    context === undefined
      ? { [CONTEXT_MISSING_HEADER]: CLOCK_TOO_LONG }
      : { [CONTEXT_HEADER]: context };
  const headers = { ...token, "content-type": contentType };
  return isStale ? { ...headers, [STALE_HEADER]: "true" } : headers;
}

const NOT_FOUND = Buffer.from("not found\n");

function siblingsJson(live: readonly Payload[], context: string | undefined): object {
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
