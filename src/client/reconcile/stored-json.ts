import { ValueFormatError } from "./reconciler.ts";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export const STORED_JSON_TYPE = "application/json";

/** Encodes fields behind a format name and version, as JSON that a person can read with curl. */
export function encodeStored(format: string, fields: object): Uint8Array {
  return Buffer.from(JSON.stringify({ format, version: 1, ...fields }), "utf8");
}

/** The fields of a stored value of this format; throws ValueFormatError where it is another or none. */
export function decodeStored(format: string, bytes: Uint8Array): Record<string, unknown> {
  const value = parse(format, bytes);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw refused(format, "it is JSON, but not an object");
  }
  const fields = value as Record<string, unknown>;
  const { format: stored, version } = fields;
  if (stored !== format) {
    throw refused(format, `its format is ${JSON.stringify(stored)}`);
  }
  if (version !== 1) {
    throw refused(format, `its version is ${JSON.stringify(version)}, known is 1`);
  }
  return fields;
}

/** The field `name`, which must be an array of distinct strings, in ascending order of their UTF-16 code units. */
export function ascendingStrings(
  format: string,
  fields: Readonly<Record<string, unknown>>,
  name: string,
): readonly string[] {
  const value = fields[name];
  // As it was encoded here, and then no set of it is needed.
  return isAscending(value) ? value : [...distinctStrings(format, fields, name)].sort();
}

/** The field `name`, which must be an array of distinct strings. */
export function distinctStrings(
  format: string,
  fields: Readonly<Record<string, unknown>>,
  name: string,
): Set<string> {
  const value = fields[name];
  if (!Array.isArray(value)) {
    throw refused(format, `${name} is not an array`);
  }
  const distinct = new Set<string>();
  for (const element of value) {
    if (typeof element !== "string") {
      throw refused(format, `${name} holds ${JSON.stringify(element)}, which is not a string`);
    }
    distinct.add(element);
  }
  if (distinct.size !== value.length) {
    throw refused(format, `${name} holds a string twice`);
  }
  return distinct;
}

function isAscending(value: unknown): value is readonly string[] {
  if (!Array.isArray(value)) {
    return false;
  }
  let previous: string | undefined;
  for (const element of value) {
    if (typeof element !== "string" || (previous !== undefined && element <= previous)) {
      return false;
    }
    previous = element;
  }
  return true;
}

export function refused(format: string, reason: string): ValueFormatError {
  return new ValueFormatError(`Cannot decode value as ${format}: ${reason}`);
}

function parse(format: string, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(bytes));
  } catch (cause) {
    throw new ValueFormatError(
      `Cannot decode value as ${format}: its ${bytes.length} bytes are not JSON in UTF-8`,
      { cause },
    );
  }
}
