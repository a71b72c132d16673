import { expect, test } from "vitest";
import { ManualClock } from "./testing/manual-clock.ts";
import { waitMs } from "./wait.ts";

/** Whether a promise has resolved by now. */
function watched(promise: Promise<void>): () => Promise<boolean> {
  let isOver = false;
  void promise.then(() => {
    isOver = true;
  });
  return async () => {
    await Promise.resolve();
    return isOver;
  };
}

test("a wait ends when its time is over, and not before", async () => {
  const clock = new ManualClock();
  const isOver = watched(waitMs(clock, 100));
  clock.advance(99);
  expect(await isOver()).toBe(false);
  clock.advance(1);
  expect(await isOver()).toBe(true);
});

test.each([0, -1])("a wait of %i ms is over at once", async (delayMs) => {
  expect(await watched(waitMs(new ManualClock(), delayMs))()).toBe(true);
});

test("a wait ends when it is aborted, and leaves no timer behind", async () => {
  const clock = new ManualClock();
  const controller = new AbortController();
  const isOver = watched(waitMs(clock, 100, controller.signal));
  expect(await isOver()).toBe(false);
  controller.abort();
  expect(await isOver()).toBe(true);
  expect(clock.timerCount).toBe(0);
});

test("a wait that was aborted before it began is over at once", async () => {
  expect(await watched(waitMs(new ManualClock(), 100, AbortSignal.abort()))()).toBe(true);
});
