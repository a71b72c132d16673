import { badRequestBody } from "./api-error.ts";

/** What a field of a request may be; the names are those of the real server's messages. */
export type FieldType = "string" | "bool" | "int" | "int64" | "float32" | "object";

/** The value of a field that was given, or the name of the type that it should have had. */
interface TypeValues {
  string: string;
  bool: boolean;
  int: number;
  int64: number;
  float32: number;
  object: Readonly<Record<string, unknown>>;
}

/**
 * Reads the fields of a JSON object as Go's decoder would read them into a structure: unknown
 * fields are ignored, and `null` counts as absent.
 *
 * @param structure how the messages call what is decoded, such as `Proxy`.
 * @throws ApiError 400 for a field of the wrong type, or when `value` is no object.
 */
export function readFields<Fields extends Readonly<Record<string, FieldType>>>(
  value: unknown,
  structure: { readonly field: string; readonly whole: string },
  fields: Fields,
): { readonly [Name in keyof Fields]?: TypeValues[Fields[Name]] } {
  if (value === null) return {};
  if (!isObject(value)) {
    throw badRequestBody(
      `json: cannot unmarshal ${describe(value)} into Go value of type ${structure.whole}`,
    );
  }
  const read: Record<string, unknown> = {};
  for (const [name, type] of Object.entries(fields)) {
    const given = value[name];
    if (given === undefined || given === null) continue;
    if (!isOfType(given, type)) throw wrongType(given, `${structure.field}.${name}`, type);
    read[name] = given;
  }
  return read as { readonly [Name in keyof Fields]?: TypeValues[Fields[Name]] };
}

/**
 * Parses a request's body.
 *
 * @throws ApiError 400; the detail is that of the real server only for a body that is empty or cut
 *   short.
 */
export function parseBody(text: string): unknown {
  if (text.trim() === "") throw badRequestBody("EOF");
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw badRequestBody(endsTooEarly(error, text) ? "unexpected EOF" : error.message);
  }
}

/**
 * Whether the parser was still content when the text ran out, which shows in the position it
 * complains of.
 */
function endsTooEarly(error: SyntaxError, text: string): boolean {
  if (error.message.includes("end of JSON input")) return true;
  const position = /at position (\d+)/.exec(error.message)?.[1];
  return position !== undefined && Number(position) >= text.length;
}

/** How Go names the kind of a JSON value in its messages. */
export function describe(value: unknown): string {
  if (Array.isArray(value)) return "array";
  if (typeof value === "boolean") return "bool";
  return typeof value;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isOfType(value: unknown, type: FieldType): boolean {
  switch (type) {
    case "string":
      return typeof value === "string";
    case "bool":
      return typeof value === "boolean";
    case "float32":
      return typeof value === "number";
    case "int":
    case "int64":
      return Number.isSafeInteger(value);
    case "object":
      return isObject(value);
    default:
      return type satisfies never;
  }
}

function wrongType(value: unknown, field: string, type: FieldType) {
  const integer = type === "int" || type === "int64";
  const kind = integer && typeof value === "number" ? `number ${value}` : describe(value);
  return badRequestBody(
    `json: cannot unmarshal ${kind} into Go struct field ${field} of type ${type}`,
  );
}
