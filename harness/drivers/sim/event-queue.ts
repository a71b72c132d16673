import type { Timer } from "../../../src/env/clock.ts";

/** What may hold up those who enter, or never let them in: a process that is paused or dead. */
export interface Gate {
  enterWith<T>(callback: (argument: T) => void, argument: T): void;
}

/** Something that happens at a virtual time; its own timer, as there are dozens of them in a request. */
export class QueuedEvent implements Timer {
  readonly dueMs: number;
  /** Events of one time happen in the order in which they were queued. */
  readonly order: number;
  /** Undefined once it has happened or was cancelled. */
  callback: (() => void) | undefined;
  /** Undefined once it was taken out. */
  queue: EventQueue | undefined;
  readonly #gate: Gate | undefined;

  constructor(
    queue: EventQueue,
    dueMs: number,
    order: number,
    { callback, gate }: { readonly callback: () => void; readonly gate: Gate | undefined },
  ) {
    this.queue = queue;
    this.dueMs = dueMs;
    this.order = order;
    this.callback = callback;
    this.#gate = gate;
  }

  /** May still be called while it waits at its gate. */
  cancel(): void {
    if (this.callback === undefined) return;
    this.callback = undefined;
    this.queue?.cancelled();
  }

  /** Its time has come. */
  happen(): void {
    if (this.#gate === undefined) callBack(this);
    else this.#gate.enterWith(callBack, this);
  }
}

function callBack(event: QueuedEvent): void {
  const { callback } = event;
  event.callback = undefined;
  callback?.();
}

/**
 * Events by time, then by order: a binary heap. Most timers are cancelled long before they are due. Taking one out of the
 * middle would cost more than skipping it when its turn comes; but once they are most of the heap, all go at once.
 */
export class EventQueue {
  /** As long as it ever was; `#count` says how much of it is in use. A list that shrinks and grows hands out a number each time. */
  #heap: (QueuedEvent | undefined)[] = [];
  #count = 0;
  /** The time of each event in the heap, side by side: looking into the events themselves takes twice as long. */
  #dueMs: number[] = [];
  #cancelledCount = 0;
  #order = 0;

  /** Events that are still to happen. */
  get size(): number {
    return this.#count - this.#cancelledCount;
  }

  /** To be called by an event in the queue, once. */
  cancelled(): void {
    this.#cancelledCount += 1;
    if (this.#cancelledCount > CANCELLED_MIN && this.#cancelledCount > this.#count / 2) {
      const pending = this.#heap.filter((event) => event?.callback !== undefined) as QueuedEvent[];
      this.#heap = pending.sort(byTime);
      this.#count = pending.length;
      this.#dueMs = pending.map(({ dueMs }) => dueMs);
      this.#cancelledCount = 0;
    }
  }

  /** Where there is a gate the event happens as soon as that lets it in. */
  add(dueMs: number, callback: () => void, gate?: Gate): QueuedEvent {
    const event = new QueuedEvent(this, dueMs, this.#order++, { callback, gate });
    this.#rise(this.#count, event);
    this.#count += 1;
    return event;
  }

  /** Takes out the next event that was not cancelled; undefined where there is none. */
  pop(): QueuedEvent | undefined {
    for (;;) {
      const first = this.#popAny();
      if (first === undefined) return undefined;
      if (first.callback !== undefined) {
        first.queue = undefined;
        return first;
      }
      this.#cancelledCount -= 1;
    }
  }

  #popAny(): QueuedEvent | undefined {
    if (this.#count === 0) return undefined;
    this.#count -= 1;
    const heap = this.#heap;
    const due = this.#dueMs;
    const first = heap[0];
    const length = this.#count;
    const last = heap[length] as QueuedEvent;
    heap[length] = undefined;
    if (length === 0) return first;
    // What was last is late, mostly: the hole goes down to a leaf without looking at it, and it rises from there.
    let hole = 0;
    for (let child = 1; child < length; child = 2 * hole + 1) {
      const right = child + 1;
      if (right < length && this.#isBefore(right, child)) child = right;
      heap[hole] = heap[child] as QueuedEvent;
      due[hole] = due[child] as number;
      hole = child;
    }
    this.#rise(hole, last);
    return first;
  }

  #isBefore(leftAt: number, rightAt: number): boolean {
    const left = this.#dueMs[leftAt] as number;
    const right = this.#dueMs[rightAt] as number;
    if (left !== right) return left < right;
    return (this.#heap[leftAt] as QueuedEvent).order < (this.#heap[rightAt] as QueuedEvent).order;
  }

  /** Puts an event into a hole, or above it where it comes before what is there. */
  #rise(from: number, event: QueuedEvent): void {
    const heap = this.#heap;
    const due = this.#dueMs;
    const { dueMs, order } = event;
    let hole = from;
    while (hole > 0) {
      const above = (hole - 1) >> 1;
      const aboveMs = due[above] as number;
      const parent = heap[above] as QueuedEvent;
      if (aboveMs < dueMs || (aboveMs === dueMs && parent.order < order)) break;
      heap[hole] = parent;
      due[hole] = aboveMs;
      hole = above;
    }
    heap[hole] = event;
    due[hole] = dueMs;
  }
}

/** So few of them slow nothing down. */
const CANCELLED_MIN = 64;

/** A sorted array is a heap. */
function byTime(left: QueuedEvent, right: QueuedEvent): number {
  return left.dueMs - right.dueMs || left.order - right.order;
}
