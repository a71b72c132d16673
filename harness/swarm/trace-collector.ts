import { FrameLabels } from "../drivers/sim/frame-labels.ts";
import type { OnBytes } from "../drivers/sim/sim-connection.ts";
import type { SimHttpParts } from "../drivers/sim/sim-http.ts";
import type { Trace, TracedMessage, TraceMark } from "../report/lamport/trace.ts";

type Arriving = { -readonly [field in keyof TracedMessage]: TracedMessage[field] };

/** Gathers every message and mark of a simulated run, for a diagram. */
export class TraceCollector {
  readonly #nowMs: () => number;
  readonly #labels = new Map<string, FrameLabels>();
  readonly #messages: Arriving[] = [];
  readonly #marks: TraceMark[] = [];

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Bytes between nodes: named by the frames that they complete. */
  readonly onBytes: OnBytes = ({ connection, from, to }, bytes) => {
    const id = `${connection} ${from}`;
    const labels = this.#labels.get(id) ?? new FrameLabels();
    this.#labels.set(id, labels);
    const label = labels.push(bytes).join(", ") || "part of a frame";
    return this.#send({ from, to, label, sizeBytes: bytes.length });
  };

  /** Requests of clients and their answers; what the harness itself asks is not drawn. */
  readonly onMessage: NonNullable<SimHttpParts["onMessage"]> = ({ label, ...message }) =>
    message.from === "harness" || message.to === "harness"
      ? () => {}
      : this.#send({ ...message, label: readableTarget(label) });

  mark(mark: Omit<TraceMark, "timeMs"> & { readonly timeMs?: number }): void {
    this.#marks.push({ timeMs: this.#nowMs(), ...mark });
  }

  trace(lanes: readonly string[]): Trace {
    const marks = this.#marks.toSorted((left, right) => left.timeMs - right.timeMs);
    return { lanes, messages: this.#messages, marks };
  }

  #send(message: Pick<TracedMessage, "from" | "to" | "label" | "sizeBytes">): () => void {
    const sent: Arriving = { ...message, sentMs: this.#nowMs(), arrivedMs: undefined };
    this.#messages.push(sent);
    return () => {
      sent.arrivedMs = this.#nowMs();
    };
  }
}

/** `PUT /kv64/Y2FydC0x?timeoutMs=675` as people read it. */
function readableTarget(label: string): string {
  return label.replace(/\/kv64\/([\w-]+)(?:\?\S*)?/, (_target, name: string) =>
    Buffer.from(name, "base64url").toString("utf8"),
  );
}
