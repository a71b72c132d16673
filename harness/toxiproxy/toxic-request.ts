import { invalidStream, invalidToxicType } from "./api-error.ts";
import { readFields } from "./json-body.ts";
import type { Direction, Toxic } from "./toxic.ts";
import { toxicTypes } from "./toxics/registry.ts";
import type { ToxicType } from "./toxics/toxic-type.ts";

const STRUCTURE = { field: "ToxicWrapper", whole: "toxics.ToxicWrapper" };

/**
 * The wished change of a toxic; only attributes and toxicity can be changed, other fields are
 * ignored.
 */
export interface ToxicChange {
  readonly attributes: Readonly<Record<string, number>>;
  readonly toxicity: number;
}

/**
 * Makes a toxic out of a request. Without a name it is called `<type>_<stream>`, without a stream
 * it is downstream.
 *
 * @throws ApiError 400 for a wrong field, stream or type.
 */
export function toxicFromRequest(body: unknown): Toxic {
  const fields = readFields(body, STRUCTURE, {
    name: "string",
    type: "string",
    stream: "string",
    toxicity: "float32",
    attributes: "object",
  });
  const stream = fields.stream ?? "downstream";
  const direction = parseDirection(stream);
  const type = fields.type ?? "";
  const kind = toxicTypes.get(type);
  if (kind === undefined) throw invalidToxicType();
  const zeros = Object.fromEntries(kind.attributeNames.map((name) => [name, 0]));
  return {
    name: fields.name === undefined || fields.name === "" ? `${type}_${stream}` : fields.name,
    kind,
    stream,
    direction,
    toxicity: fields.toxicity ?? 1,
    attributes: readAttributes(kind, { given: fields.attributes, current: zeros }),
  };
}

/**
 * Reads a change of a toxic. Attributes that are not given stay as they are.
 *
 * @throws ApiError 400 for an attribute or toxicity of the wrong type.
 */
export function toxicChangeFromRequest(body: unknown, toxic: Toxic): ToxicChange {
  const fields = readFields(body, STRUCTURE, { toxicity: "float32", attributes: "object" });
  return {
    attributes: readAttributes(toxic.kind, {
      given: fields.attributes,
      current: toxic.attributes,
    }),
    toxicity: fields.toxicity ?? toxic.toxicity,
  };
}

function parseDirection(stream: string): Direction {
  const direction = stream.toLowerCase();
  if (direction !== "upstream" && direction !== "downstream") throw invalidStream();
  return direction;
}

function readAttributes(
  kind: ToxicType,
  attributes: {
    readonly given: Readonly<Record<string, unknown>> | undefined;
    readonly current: Readonly<Record<string, number>>;
  },
): Readonly<Record<string, number>> {
  if (attributes.given === undefined) return attributes.current;
  const { struct, integer } = kind.goNames;
  const types = Object.fromEntries(kind.attributeNames.map((name) => [name, integer]));
  const structure = { field: `${struct}.attributes`, whole: `toxics.${struct}` };
  const changed = readFields(attributes.given, structure, types);
  const entries = kind.attributeNames.map((name): readonly [string, number] => [
    name,
    changed[name] ?? attributes.current[name] ?? 0,
  ]);
  return Object.fromEntries(entries);
}
