import { equalBytes } from "../../../../src/base/bytes.ts";
import { hashOf } from "../../../../src/base/bytes-memo.ts";
import { plainText } from "./plain-text.ts";

/**
 * Payloads as their clients wrote them, as texts of one character a byte (`plain-text.ts`); for one that came up lately the very same
 * text again, since finding a long text in a map for the first time means hashing all of it.
 *
 * Each has one place, and who comes later takes it. The place goes by what tells the payloads of one key apart: their length, and
 * the bytes in which clients of the harness name a version, at the end of its content type, with the operation that follows.
 */
export class PayloadTexts {
  readonly #known: (KnownText | undefined)[] = new Array(PLACES).fill(undefined);

  /** Keeps the bytes, which nobody changes. Throws FormatError. */
  of(payload: Uint8Array): string {
    const place = placeOf(payload);
    const known = this.#known[place];
    if (known !== undefined && equalBytes(known.payload, payload)) return known.text;
    const text = plainText(payload);
    this.#known[place] = { payload, text };
    return text;
  }
}

interface KnownText {
  readonly payload: Uint8Array;
  readonly text: string;
}

/** A power of two. */
const PLACES = 64;
/** Where the length of the content type stands, and where its first character does. */
const LENGTH_AT = 2;
const TYPE_AT = 3;
const NAME_BYTES = 8;
const OPERATION_BYTES = 4;

function placeOf(payload: Uint8Array): number {
  const typeEnd = TYPE_AT + (payload[LENGTH_AT] ?? 0);
  const end = Math.min(payload.length, typeEnd + OPERATION_BYTES);
  const hash = hashOf(payload, Math.max(0, typeEnd - NAME_BYTES), end);
  return (hash ^ payload.length) & (PLACES - 1);
}
