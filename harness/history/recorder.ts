/*
 * Writes a run's history while the run goes on.
 *
 * Problem. The history must be complete (gapless indices in the order observed), readable after a crash, and cheap: the
 * recorder sits on the path whose latency is measured.
 * Sketch. Lines are formatted at once and gathered in one string, which goes to the sink when it is large or
 * `flushMs` old, and never while an earlier write is under way. A sink that fails or falls too far behind breaks the
 * recorder: every later call throws, because a run that cannot be recorded proves nothing.
 */

import type { Clock, Timer } from "../../src/env/clock.ts";
import { formatLine } from "./format-line.ts";
import { HistoryError } from "./history-error.ts";
import type {
  FaultLine,
  FinalRead,
  HistoryHeader,
  HistoryLine,
  Marker,
  Operation,
  TreeRoots,
} from "./operation.ts";

/** Where the text of the history goes: the file, which is the edge's business. */
export interface HistorySink {
  /** Takes whole lines. A promise is awaited before the next call. */
  write(text: string): void | Promise<void>;
}

/** What is known when an operation begins. */
export interface Invocation {
  readonly process: number;
  /** The process's home node. */
  readonly node: string;
  readonly f: string;
  readonly key: string;
  readonly value: unknown;
  readonly intendedNs: number;
}

/** What is known when it ends. */
export interface Completion {
  readonly type: "ok" | "fail" | "info";
  /** The node that answered, or that was asked last. */
  readonly node: string;
  readonly value: unknown;
  readonly error?: string;
  readonly readSet?: readonly string[];
  readonly versions?: number;
  readonly wrote?: string;
  readonly saw?: readonly string[];
}

type NotedLine = FaultLine | Marker | FinalRead | TreeRoots;
type Unplaced<Line> = Line extends unknown ? Omit<Line, "index" | "timeNs"> : never;

export interface RecorderOptions {
  /** Text is handed to the sink at the latest this long after it was recorded. */
  readonly flushMs?: number;
  /** Keep the lines in memory, for the analysis after the run. */
  readonly keepLines?: boolean;
}

const FLUSH_MS = 100;
const FLUSH_SIZE_CHARS = 1 << 16;
/** Text waiting for a slow sink; beyond it the history would eat the memory of the load generator. */
const WAITING_SIZE_CHARS_MAX = 1 << 26;

export class Recorder {
  readonly #clock: Clock;
  readonly #sink: HistorySink;
  readonly #flushMs: number;
  readonly #keepLines: boolean;
  readonly #originMs: number;
  readonly #lines: HistoryLine[] = [];
  #nextIndex = 0;
  #lastNs = 0;
  #waiting = "";
  #timer: Timer | undefined;
  #writing: Promise<void> | undefined;
  #failure: HistoryError | undefined;

  /** The run's time begins here. */
  constructor(
    environment: { readonly clock: Clock },
    sink: HistorySink,
    header: HistoryHeader,
    options: RecorderOptions = {},
  ) {
    this.#clock = environment.clock;
    this.#sink = sink;
    this.#flushMs = options.flushMs ?? FLUSH_MS;
    this.#keepLines = options.keepLines ?? true;
    this.#originMs = environment.clock.monotonicMs();
    this.#take(JSON.stringify(header));
  }

  /** Every line so far, in order; empty where lines are not kept. */
  get lines(): readonly HistoryLine[] {
    return this.#lines;
  }

  /** Nanoseconds since the start of the run; never goes back. */
  nowNs(): number {
    const nowNs = Math.round((this.#clock.monotonicMs() - this.#originMs) * 1e6);
    if (nowNs > this.#lastNs) {
      this.#lastNs = nowNs;
    }
    return this.#lastNs;
  }

  /** All of these throw HistoryError once the sink has failed. */
  invoke(invocation: Invocation): Operation {
    return this.#append<Operation>({
      index: this.#nextIndex++,
      process: invocation.process,
      node: invocation.node,
      type: "invoke",
      f: invocation.f,
      key: invocation.key,
      value: invocation.value,
      timeNs: this.nowNs(),
      intendedNs: invocation.intendedNs,
    });
  }

  complete(invocation: Operation, completion: Completion): Operation {
    const { error, readSet, versions, wrote, saw } = completion;
    return this.#append<Operation>({
      index: this.#nextIndex++,
      process: invocation.process,
      node: completion.node,
      type: completion.type,
      f: invocation.f,
      key: invocation.key,
      value: completion.value,
      timeNs: this.nowNs(),
      intendedNs: invocation.intendedNs,
      ...(error === undefined ? undefined : { error }),
      ...(readSet === undefined ? undefined : { readSet }),
      ...(versions === undefined ? undefined : { versions }),
      ...(wrote === undefined ? undefined : { wrote }),
      ...(saw === undefined ? undefined : { saw }),
    });
  }

  /** A fault line, a marker, or what was read after settling. */
  note(line: Unplaced<NotedLine>): NotedLine {
    return this.#append<NotedLine>({
      index: this.#nextIndex++,
      ...line,
      timeNs: this.nowNs(),
    });
  }

  /** Resolves when everything recorded so far is with the sink; rejects with HistoryError where it could not be. */
  async flush(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    while (this.#failure === undefined && (this.#waiting !== "" || this.#writing !== undefined)) {
      this.#write();
      await this.#writing;
    }
    if (this.#failure !== undefined) {
      throw this.#failure;
    }
  }

  #append<Line extends HistoryLine>(line: Line): Line {
    this.#take(formatLine(line));
    if (this.#keepLines) {
      this.#lines.push(line);
    }
    return line;
  }

  #take(text: string): void {
    if (this.#failure !== undefined) {
      throw this.#failure;
    }
    this.#waiting += `${text}\n`;
    if (this.#waiting.length >= FLUSH_SIZE_CHARS) {
      this.#write();
      if (this.#waiting.length > WAITING_SIZE_CHARS_MAX) {
        this.#fail(`the sink is more than ${WAITING_SIZE_CHARS_MAX} characters behind`, undefined);
      }
    } else if (this.#timer === undefined) {
      this.#timer = this.#clock.setTimer(this.#flushMs, () => {
        this.#timer = undefined;
        this.#write();
      });
    }
  }

  /** Hands what waits to the sink, unless an earlier write is under way; that one goes on with what gathered meanwhile. */
  #write(): void {
    if (this.#writing !== undefined || this.#waiting === "" || this.#failure !== undefined) {
      return;
    }
    const text = this.#waiting;
    this.#waiting = "";
    try {
      const written = this.#sink.write(text);
      if (written !== undefined) {
        this.#writing = written.then(
          () => {
            this.#writing = undefined;
            if (this.#waiting.length >= FLUSH_SIZE_CHARS) {
              this.#write();
            }
          },
          (error: unknown) => {
            this.#writing = undefined;
            this.#fail(reasonOf(error), error);
          },
        );
      }
    } catch (error) {
      this.#fail(reasonOf(error), error);
    }
  }

  #fail(reason: string, cause: unknown): void {
    this.#failure ??= new HistoryError(`Cannot record the history: ${reason}`, { cause });
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
