import { ClientError } from "./contract.ts";

/**
 * Throws ClientError, before anything is asked, where a caller that no compiler has checked hands over something else: a
 * string's length is not that of its bytes, and what is beyond it would be the next request on the connection.
 */
export function checkBytes(code: "bad-key" | "bad-parameter", what: string, value: unknown): void {
  if (value instanceof Uint8Array) return;
  throw new ClientError(code, true, `Cannot use ${kindOf(value)} as ${what}: it is a Uint8Array`);
}

/** The same for what goes into a header. Undefined: it is not sent. */
export function checkHeaderText(name: string, text: unknown): void {
  if (text === undefined || (typeof text === "string" && PRINTABLE_ASCII.test(text))) return;
  throw new ClientError(
    "bad-parameter",
    true,
    `Cannot use ${name} ${JSON.stringify(text)?.slice(0, 80)}: it is a text of printable ASCII characters`,
  );
}

const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;

function kindOf(value: unknown): string {
  return ArrayBuffer.isView(value) ? value.constructor.name : `a value of type ${typeof value}`;
}
