import { expect, test } from "vitest";
import { KeyLock } from "./key-lock.ts";

test("KeyLock gives a key to one caller at a time, in the order of the calls", async () => {
  const lock = new KeyLock();
  const order: number[] = [];
  let inside = 0;
  const call = async (caller: number): Promise<void> => {
    expect((await lock.acquire("a")?.comes) ?? true).toBe(true);
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

test("KeyLock lets a caller that has given up leave at once, and those behind it move up", async () => {
  const lock = new KeyLock();
  lock.acquire("a");
  const [second, third] = [lock.acquire("a"), lock.acquire("a")];
  second?.leave();
  expect(await second?.comes).toBe(false);
  lock.release("a");
  expect(await third?.comes).toBe(true);
  // Too late: the key is its own.
  third?.leave();
  expect(lock.heldCount).toBe(1);
  lock.release("a");
  expect(lock.heldCount).toBe(0);
});
