import { ClientError } from "./contract.ts";

/**
 * Throws ClientError, before anything is asked, where a caller that no compiler has checked hands over something else: a
 * string's length is not that of its bytes, and what is beyond it would be the next request on the connection.
 */
export function checkBytes(code: "bad-key" | "bad-parameter", what: string, value: unknown): void {
  if (kindOf(value) === "Uint8Array") return;
  throw new ClientError(
    code,
    true,
    `Cannot use a ${kindOf(value)} as ${what}: allowed is a Uint8Array`,
  );
}

/** The same for what goes into a header. Undefined: it is not sent. */
export function checkHeaderText(name: string, text: unknown): void {
  if (text === undefined || (typeof text === "string" && PRINTABLE_ASCII.test(text))) return;
  throw new ClientError(
    "bad-parameter",
    true,
    `Cannot use ${name} ${JSON.stringify(text)?.slice(0, 80)}: allowed is a text of printable ASCII characters`,
  );
}

const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;

/** By its tag, since what a test runner's or a worker's own globals made is an instance of another class. */
function kindOf(value: unknown): string {
  return ArrayBuffer.isView(value)
    ? Object.prototype.toString.call(value).slice("[object ".length, -1)
    : typeof value;
}
