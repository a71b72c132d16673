import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BodyRoom } from "./body-room.ts";

describe("BodyRoom", () => {
  test("holds no more than its bytes, of all bodies together", () => {
    const room = new BodyRoom(10);
    const [one, other] = [room.share(), room.share()];
    expect([one.take(6), other.take(4), other.take(1), one.take(1)]).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect([room.bytesHeld, room.hasRoomFor(0), room.hasRoomFor(1)]).toEqual([10, true, false]);
    one.giveBack();
    one.giveBack();
    expect([room.bytesHeld, other.take(6), other.take(1)]).toEqual([4, true, false]);
  });

  test("is empty again whatever was taken and in whatever order it is given back", () => {
    const taken = fc.array(fc.array(fc.nat(9), { maxLength: 5 }), { maxLength: 8 });
    fc.assert(
      fc.property(taken, fc.nat(60), (bodies, bytesMax) => {
        const room = new BodyRoom(bytesMax);
        const shares = bodies.map((chunks) => {
          const share = room.share();
          for (const bytes of chunks) share.take(bytes);
          return share;
        });
        expect(room.bytesHeld).toBeLessThanOrEqual(bytesMax);
        for (const share of shares.reverse()) share.giveBack();
        expect(room.bytesHeld).toBe(0);
      }),
    );
  });
});
