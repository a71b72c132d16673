import type { ToxicType } from "./toxics/toxic-type.ts";

/** Upstream: from the client to the upstream server. Downstream: back to the client. */
export type Direction = "upstream" | "downstream";

/**
 * One toxic of one proxy. An update replaces `attributes` and `toxicity` in place, as links hold on
 * to the toxic.
 */
export interface Toxic {
  readonly name: string;
  readonly kind: ToxicType;
  /** The stream as the caller wrote it, which may be in capitals. */
  readonly stream: string;
  readonly direction: Direction;
  /** Share of connections that it hits, 0 to 1. */
  toxicity: number;
  attributes: Readonly<Record<string, number>>;
}

/** A toxic in the API's JSON; the order of the keys is that of the real server. */
export interface ToxicJson {
  readonly attributes: Readonly<Record<string, number>>;
  readonly name: string;
  readonly type: string;
  readonly stream: string;
  readonly toxicity: number;
}

export function toxicToJson(toxic: Toxic): ToxicJson {
  return {
    attributes: toxic.attributes,
    name: toxic.name,
    type: toxic.kind.type,
    stream: toxic.stream,
    toxicity: toxic.toxicity,
  };
}
