import { expect, test } from "vitest";
import { LabelRoom } from "./label-room.ts";

test("LabelRoom.take() gives room once, beside and below, and not where a label stands", () => {
  const room = new LabelRoom();
  expect(room.take({ left: 0, right: 50, baseline: 100 })).toBe(true);
  expect(room.take({ left: 40, right: 90, baseline: 100 })).toBe(false);
  expect(room.take({ left: 40, right: 90, baseline: 89 })).toBe(false);
  expect(room.take({ left: 40, right: 90, baseline: 111 })).toBe(false);
  expect(room.take({ left: 50, right: 90, baseline: 100 })).toBe(true);
  expect(room.take({ left: 0, right: 50, baseline: 112 })).toBe(true);
  expect(room.take({ left: 0, right: 50, baseline: 88 })).toBe(true);
});
