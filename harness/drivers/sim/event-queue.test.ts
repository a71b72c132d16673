import { expect, test } from "vitest";
import { SeededRandom } from "../../../src/base/seeded-random.ts";
import type { QueuedEvent } from "./event-queue.ts";
import { EventQueue } from "./event-queue.ts";

/** A slow queue that is plainly right: all events, sorted at each look. */
function nextOf(events: readonly QueuedEvent[]): QueuedEvent | undefined {
  return events
    .filter(({ callback }) => callback !== undefined)
    .toSorted((left, right) => left.dueMs - right.dueMs || left.order - right.order)[0];
}

test("an EventQueue gives events by time, then by order, however many were cancelled meanwhile", () => {
  const random = new SeededRandom("event queue");
  const queue = new EventQueue();
  const events: QueuedEvent[] = [];
  let sizeMax = 0;
  for (let round = 0; round < 600; round += 1) {
    for (let count = 0; count < 4; count += 1) {
      events.push(queue.add(random.integer(50), () => {}));
    }
    // Some twice, and some that have happened: neither may be counted again.
    for (let count = 0; count < 3; count += 1) random.pick(events).cancel();
    const expected = nextOf(events);
    const event = queue.pop();
    expect(event).toBe(expected);
    if (event !== undefined) event.callback = undefined;
    const waiting = events.filter(({ callback }) => callback !== undefined).length;
    expect(queue.size).toBe(waiting);
    sizeMax = Math.max(sizeMax, waiting);
  }
  for (const event of events) event.cancel();
  expect(queue.size).toBe(0);
  expect(queue.pop()).toBeUndefined();
  expect(sizeMax).toBeGreaterThan(200);
});
