import { expect, test } from "vitest";
import { KeyLock } from "./key-lock.ts";

test("KeyLock gives a key to one caller at a time, in the order of the calls", async () => {
  const lock = new KeyLock();
  const order: number[] = [];
  let inside = 0;
  const call = async (caller: number): Promise<void> => {
    await lock.acquire("a");
    inside += 1;
    expect(inside).toBe(1);
    order.push(caller);
    await new Promise((resolve) => setImmediate(resolve));
    inside -= 1;
    lock.release("a");
  };
  await Promise.all([1, 2, 3, 4, 5].map(call));
  expect(order).toEqual([1, 2, 3, 4, 5]);
  expect(lock.heldCount).toBe(0);
});

test("KeyLock makes no promise for a free key and keeps nothing of a released one", () => {
  const lock = new KeyLock();
  for (let index = 0; index < 1_000; index += 1) {
    expect(lock.acquire(`key-${index}`)).toBeUndefined();
  }
  expect(lock.heldCount).toBe(1_000);
  for (let index = 0; index < 1_000; index += 1) {
    lock.release(`key-${index}`);
  }
  expect(lock.heldCount).toBe(0);
});
