import type { Timer } from "../../../src/env/clock.ts";

/** Something that happens at a virtual time; its own timer, as there are dozens of them in a request. */
export class QueuedEvent implements Timer {
  readonly dueMs: number;
  /** Events of one time happen in the order in which they were queued. */
  readonly order: number;
  /** Undefined once it was cancelled: most timers are, and taking one out of the middle would cost more than skipping it. */
  callback: (() => void) | undefined;

  constructor(dueMs: number, order: number, callback: () => void) {
    this.dueMs = dueMs;
    this.order = order;
    this.callback = callback;
  }

  cancel(): void {
    this.callback = undefined;
  }
}

/** Events by time, then by order: a binary heap. */
export class EventQueue {
  readonly #heap: QueuedEvent[] = [];

  get size(): number {
    return this.#heap.length;
  }

  push(event: QueuedEvent): void {
    this.#heap.push(event);
    this.#rise(this.#heap.length - 1, event);
  }

  /** Takes out the next event that was not cancelled; undefined where there is none. */
  pop(): QueuedEvent | undefined {
    for (;;) {
      const first = this.#popAny();
      if (first === undefined || first.callback !== undefined) return first;
    }
  }

  #popAny(): QueuedEvent | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    // What was last is late, mostly: the hole goes down to a leaf without looking at it, and it rises from there.
    let hole = 0;
    for (;;) {
      let childAt = 2 * hole + 1;
      let child = heap[childAt];
      if (child === undefined) break;
      const right = heap[childAt + 1];
      if (right !== undefined && isBefore(right, child)) {
        childAt += 1;
        child = right;
      }
      heap[hole] = child;
      hole = childAt;
    }
    this.#rise(hole, last);
    return first;
  }

  /** Puts an event into a hole, or above it where it comes before what is there. */
  #rise(from: number, event: QueuedEvent): void {
    const heap = this.#heap;
    let hole = from;
    while (hole > 0) {
      const parentAt = (hole - 1) >> 1;
      const parent = heap[parentAt];
      if (parent === undefined || isBefore(parent, event)) break;
      heap[hole] = parent;
      hole = parentAt;
    }
    heap[hole] = event;
  }
}

function isBefore(left: QueuedEvent, right: QueuedEvent): boolean {
  return left.dueMs < right.dueMs || (left.dueMs === right.dueMs && left.order < right.order);
}
