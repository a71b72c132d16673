import { describe, expect, test } from "vitest";
import { GATHER_LOOK_MS } from "./pass-through.ts";
import { put, settled, world } from "./testing/buffer-world.ts";

/*
 * Aim: how long durable writes wait for others. Method: the engine below counts the batches it was handed, while a test moves
 * the clock.
 */
describe("PassThrough.gather()", () => {
  const GATHER_MS = 4 * GATHER_LOOK_MS;

  function gathering(gatherMs: number) {
    const here = world({ objectsMax: 100, gatherMs });
    let count = 0;
    const write = (): void => {
      count += 1;
      void here.buffer.write([put(`k${count}`, "1")], { durable: true });
    };
    const handedOnAfter = async (waitMs: number): Promise<number> => {
      here.clock.advance(waitMs);
      await settled();
      return here.below.waiting;
    };
    return { write, handedOnAfter };
  }

  test("lets one that comes alone wait for one look only", async () => {
    const { write, handedOnAfter } = gathering(GATHER_MS);
    write();
    expect(await handedOnAfter(GATHER_LOOK_MS - 1)).toBe(0);
    expect(await handedOnAfter(1)).toBe(1);
  });

  test("waits while more come, and hands all on once none did between two looks", async () => {
    const { write, handedOnAfter } = gathering(GATHER_MS);
    write();
    expect(await handedOnAfter(1)).toBe(0);
    write();
    expect(await handedOnAfter(GATHER_LOOK_MS)).toBe(0);
    expect(await handedOnAfter(GATHER_LOOK_MS)).toBe(1);
  });

  test("waits no longer than it may, however many come", async () => {
    const { write, handedOnAfter } = gathering(GATHER_MS);
    write();
    for (let passedMs = 1; passedMs < GATHER_MS; passedMs += 1) {
      write();
      expect(await handedOnAfter(1)).toBe(0);
    }
    expect(await handedOnAfter(1)).toBe(1);
  });

  test("hands on before the first look where it may not wait for it, and at once where it may not wait", async () => {
    const shorter = gathering(GATHER_LOOK_MS - 3);
    shorter.write();
    expect(await shorter.handedOnAfter(GATHER_LOOK_MS - 4)).toBe(0);
    expect(await shorter.handedOnAfter(1)).toBe(1);
    const none = gathering(0);
    none.write();
    expect(await none.handedOnAfter(0)).toBe(1);
  });
});
