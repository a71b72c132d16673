import { bufferOf } from "../../../../src/base/bytes.ts";
import type { HttpResponse } from "../../../../src/http/exchange.ts";
import { CONTEXT_HEADER } from "../../../../src/protocol/headers.ts";
import { encodePayload, TOMBSTONE_PAYLOAD } from "../../../../src/protocol/payload.ts";
import { byteString, bytesOf } from "../../../../src/storage/byte-strings.ts";
import type { TextOf } from "./read-record.ts";

/** What an answer shows its client. */
export interface ShownVersions {
  readonly token: string;
  /** One character a byte, encoded as they were written; tombstones do not show. */
  readonly payloads: readonly string[];
}

/** The payload of every delete. */
export const TOMBSTONE = byteString(encodePayload(TOMBSTONE_PAYLOAD));

/** What the texts in the answers for one key are made by. */
export interface ShownTexts {
  readonly textOf: TextOf;
  /**
   * By content type the last sibling that had it, and its text: clients of the harness name each version in its type, and siblings are
   * shown again and again.
   */
  readonly siblings: Map<string, { readonly value: string; readonly text: string }>;
}

/** Siblings remembered for each key. */
const SIBLINGS_MAX = 256;

/** Undefined for an answer that carries no context. Throws SyntaxError on an answer that is not as documented. */
export function shownVersions(
  { status, headers, body }: HttpResponse,
  texts: ShownTexts = { textOf: byteString, siblings: new Map() },
): ShownVersions | undefined {
  const { textOf } = texts;
  const token = headers[CONTEXT_HEADER];
  if (token === undefined) {
    return undefined;
  }
  const contentType = headers["content-type"] ?? "";
  switch (status) {
    case 200:
      return { token, payloads: [textOf(payloadOf(contentType, body))] };
    case 300:
      return {
        token,
        payloads: contentType.startsWith("multipart/mixed")
          ? multipartPayloads(contentType, byteString(body)).map(textOf)
          : jsonPayloads(body, texts),
      };
    case 404:
      return { token, payloads: [] };
    default:
      throw new SyntaxError(`Cannot read an answer: status ${status} carries no context`);
  }
}

function jsonPayloads(body: Uint8Array, texts: ShownTexts): readonly string[] {
  const parsed: unknown = JSON.parse(bufferOf(body).toString());
  const { siblings } = parsed as { readonly siblings?: unknown };
  if (!Array.isArray(siblings)) {
    throw new SyntaxError("Cannot read an answer: it lists no siblings");
  }
  return siblings.map((sibling: unknown) => {
    const { value, contentType } = sibling as Record<string, unknown>;
    if (typeof value !== "string" || typeof contentType !== "string") {
      throw new SyntaxError("Cannot read an answer: a sibling has no value or no content type");
    }
    return siblingText(contentType, value, texts);
  });
}

/** Of a sibling's value, which is in base64. */
function siblingText(contentType: string, value: string, { textOf, siblings }: ShownTexts): string {
  const known = siblings.get(contentType);
  if (known?.value === value) return known.text;
  const text = textOf(payloadOf(contentType, Buffer.from(value, "base64")));
  if (siblings.size === SIBLINGS_MAX) siblings.clear();
  siblings.set(contentType, { value, text });
  return text;
}

function multipartPayloads(contentType: string, text: string): readonly Uint8Array[] {
  const boundary = /boundary=(\S+)$/.exec(contentType)?.[1];
  const parts = text.split(`--${boundary}`);
  if (boundary === undefined || parts.length < 2 || parts.at(-1) !== "--\r\n") {
    throw new SyntaxError("Cannot read an answer: its parts do not end at their boundary");
  }
  return parts.slice(1, -1).map((part) => {
    const match = /^\r\nContent-Type: ([^\r]*)\r\n\r\n(.*)\r\n$/s.exec(part);
    if (match === null) {
      throw new SyntaxError("Cannot read an answer: a part is not a content type and a value");
    }
    return payloadOf(match[1] ?? "", bytesOf(match[2] ?? ""));
  });
}

function payloadOf(contentType: string, bytes: Uint8Array): Uint8Array {
  return encodePayload({ contentType, tombstone: false, bytes });
}
