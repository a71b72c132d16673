import { expect, test } from "vitest";
import { ChunkQueue } from "./chunk-queue.ts";

function chunk(text: string) {
  return { data: Buffer.from(text), readAtMs: 0 };
}

test("a queue is first in, first out, over more chunks than it keeps at once", () => {
  const queue = new ChunkQueue(10_000);
  for (let index = 0; index < 3_000; index++) queue.push(chunk(String(index)));
  for (let index = 0; index < 3_000; index++) {
    expect(queue.shift()?.data.toString()).toBe(String(index));
  }
  expect(queue.shift()).toBeUndefined();
});

test("a queue is full by chunks, or by bytes, and says when it has room again", () => {
  const queue = new ChunkQueue(2);
  let rooms = 0;
  queue.onRoom = () => {
    rooms += 1;
  };
  queue.push(chunk("a"));
  expect(queue.full).toBe(false);
  queue.push(chunk("b"));
  queue.push(chunk("c"));
  expect(queue.full).toBe(true);
  queue.shift();
  expect(rooms).toBe(0);
  queue.shift();
  expect(rooms).toBe(1);
  const large = new ChunkQueue(1_000);
  large.push({ data: Buffer.alloc(32 * 1024 * 1024), readAtMs: 0 });
  expect(large.full).toBe(true);
});

test("a queue is finished when its end has come and its last chunk is gone", () => {
  const queue = new ChunkQueue(1);
  queue.push(chunk("a"));
  queue.end();
  expect(queue.finished).toBe(false);
  queue.shift();
  expect(queue.finished).toBe(true);
});

test("moveInto() hands over chunks and the end", () => {
  const [from, to] = [new ChunkQueue(1), new ChunkQueue(1)];
  for (const text of ["a", "b", "c"]) from.push(chunk(text));
  from.end();
  from.moveInto(to);
  expect(["", "", ""].map(() => to.shift()?.data.toString())).toEqual(["a", "b", "c"]);
  expect(to.finished).toBe(true);
});
