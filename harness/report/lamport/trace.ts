/** One message between two lanes of a trace: nodes, and client groups `client-<node>`. */
export interface TracedMessage {
  readonly from: string;
  readonly to: string;
  readonly sentMs: number;
  /** Undefined where it never arrived. */
  readonly arrivedMs: number | undefined;
  /** What it carries, for example `put cart-3` or `get-reply`. */
  readonly label: string;
  readonly sizeBytes: number;
}

/** Something that happened on one lane. */
export interface TraceMark {
  readonly lane: string;
  readonly timeMs: number;
  readonly kind: "fault" | "healed" | "operation" | "violation" | "start";
  readonly label: string;
}

/** Messages and marks of a run, in the order of their (sending) time. */
export interface Trace {
  /** Lanes in the order in which they are drawn. */
  readonly lanes: readonly string[];
  readonly messages: readonly TracedMessage[];
  readonly marks: readonly TraceMark[];
}
