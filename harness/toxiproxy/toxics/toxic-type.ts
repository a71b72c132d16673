import type { ToxicStub } from "../toxic-stub.ts";

/**
 * One kind of toxic. All attributes of Toxiproxy's toxics are whole numbers that default to 0.
 *
 * `pipe` moves chunks from the stub's input to its output until it is interrupted or has closed the
 * stub.
 */
export interface ToxicType<Name extends string = string> {
  /** The name in the API, such as `slow_close`. */
  readonly type: string;
  /**
   * How the real server's messages about a wrong attribute call the toxic and its attributes' type.
   */
  readonly goNames: { readonly struct: string; readonly integer: "int" | "int64" };
  /** The attributes in the order of the JSON. */
  readonly attributeNames: readonly Name[];
  /**
   * How many chunks may wait in front of this toxic. Only latency needs any, as it would limit the
   * bandwidth otherwise.
   */
  readonly bufferChunks: number;
  /**
   * Whether removing this toxic closes the connections of its stream, because bytes are missing
   * from them.
   */
  readonly closesOnRemoval: boolean;
  pipe(stub: ToxicStub, attributes: Readonly<Record<Name, number>>): Promise<void>;
}
