/*
 * How far a worker has come, in memory that its pool can read at any time. A worker that is caught in a loop answers no
 * message, and the last state it wrote is all that is known of where.
 */

import { utf8Bytes } from "../../src/base/bytes.ts";
import type { RunState } from "./run-contract.ts";

/** A state, and how often the run has given a sign of life. */
export interface Beat extends RunState {
  readonly signs: number;
}

const SIGNS_AT = 0;
const VIRTUAL_MS_AT = 1;
const EVENTS_AT = 2;
const LENGTH_AT = 3;
const NUMBERS = 4;
const DESCRIPTION_BYTES_MAX = 512;
const TEXT_AT = NUMBERS * Float64Array.BYTES_PER_ELEMENT;

/** One writer, any number of readers; a reader may see a description that is half of the next one. */
export class Heartbeat {
  readonly memory: SharedArrayBuffer;
  readonly #numbers: Float64Array;
  readonly #text: Uint8Array;

  /** Over the memory of another thread's, or fresh. */
  constructor(memory = new SharedArrayBuffer(TEXT_AT + DESCRIPTION_BYTES_MAX)) {
    this.memory = memory;
    this.#numbers = new Float64Array(memory, 0, NUMBERS);
    this.#text = new Uint8Array(memory, TEXT_AT, DESCRIPTION_BYTES_MAX);
  }

  /** A new run begins. */
  reset(): void {
    this.#numbers.fill(0);
  }

  /** The run is alive. Costs nothing: called at every look of a run at whether it is to stop. */
  sign(): void {
    this.#numbers[SIGNS_AT] = (this.#numbers[SIGNS_AT] ?? 0) + 1;
  }

  write({ virtualMs, events, description }: RunState): void {
    const bytes = utf8Bytes(description).subarray(0, DESCRIPTION_BYTES_MAX);
    this.#numbers[LENGTH_AT] = 0;
    this.#text.set(bytes);
    this.#numbers[VIRTUAL_MS_AT] = virtualMs;
    this.#numbers[EVENTS_AT] = events;
    this.#numbers[LENGTH_AT] = bytes.length;
    this.sign();
  }

  read(): Beat {
    const [signs = 0, virtualMs = 0, events = 0, length = 0] = this.#numbers;
    // A decoder takes no shared memory.
    const description = new TextDecoder().decode(this.#text.slice(0, length));
    return { signs, virtualMs, events, description };
  }
}
