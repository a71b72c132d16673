import type { Timer } from "../../../src/env/clock.ts";

/** Something that happens at a virtual time; its own timer, as there are dozens of them in a request. */
export class QueuedEvent implements Timer {
  readonly dueMs: number;
  /** Events of one time happen in the order in which they were queued. */
  readonly order: number;
  /** Undefined once it has happened or was cancelled. */
  callback: (() => void) | undefined;
  readonly #queue: EventQueue;

  constructor(queue: EventQueue, dueMs: number, order: number, callback: () => void) {
    this.#queue = queue;
    this.dueMs = dueMs;
    this.order = order;
    this.callback = callback;
  }

  cancel(): void {
    if (this.callback === undefined) return;
    this.callback = undefined;
    this.#queue.cancelled();
  }
}

/**
 * Events by time, then by order: a binary heap. Most timers are cancelled long before they are due. Taking one out of the
 * middle would cost more than skipping it when its turn comes; but once they are most of the heap, all go at once.
 */
export class EventQueue {
  #heap: QueuedEvent[] = [];
  #cancelledCount = 0;
  #order = 0;

  /** Events that are still to happen. */
  get size(): number {
    return this.#heap.length - this.#cancelledCount;
  }

  /** To be called by an event in the queue, once. */
  cancelled(): void {
    this.#cancelledCount += 1;
    if (this.#cancelledCount > CANCELLED_MIN && this.#cancelledCount > this.#heap.length / 2) {
      this.#heap = this.#heap.filter(({ callback }) => callback !== undefined).sort(byTime);
      this.#cancelledCount = 0;
    }
  }

  add(dueMs: number, callback: () => void): QueuedEvent {
    const event = new QueuedEvent(this, dueMs, this.#order++, callback);
    this.#heap.push(event);
    this.#rise(this.#heap.length - 1, event);
    return event;
  }

  /** Takes out the next event that was not cancelled; undefined where there is none. */
  pop(): QueuedEvent | undefined {
    for (;;) {
      const first = this.#popAny();
      if (first === undefined || first.callback !== undefined) return first;
      this.#cancelledCount -= 1;
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

/** So few of them slow nothing down. */
const CANCELLED_MIN = 64;

/** A sorted array is a heap. */
function byTime(left: QueuedEvent, right: QueuedEvent): number {
  return left.dueMs - right.dueMs || left.order - right.order;
}

function isBefore(left: QueuedEvent, right: QueuedEvent): boolean {
  return left.dueMs < right.dueMs || (left.dueMs === right.dueMs && left.order < right.order);
}
