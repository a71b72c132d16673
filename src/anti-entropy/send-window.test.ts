import { expect, test } from "vitest";
import { SendWindow } from "./send-window.ts";

const ITEMS = Array.from({ length: 40 }, (_, number) => number);

/** A peer that takes so many at once, and refuses more; `broken` it never takes. */
function peerOf(placesMax: number, broken?: number) {
  let underWay = 0;
  let most = 0;
  let asked = 0;
  return {
    counts: () => ({ most, asked }),
    sendOne: async (item: number): Promise<number> => {
      asked += 1;
      if (underWay >= placesMax) throw new Error("no place");
      underWay += 1;
      most = Math.max(most, underWay);
      await Promise.resolve();
      underWay -= 1;
      if (item === broken) throw new Error("broken");
      return 10 * item;
    },
  };
}

async function sentTo(sendOne: (item: number) => Promise<number>, window = newWindow()) {
  const ends = [];
  for await (const sent of window.send(ITEMS, sendOne)) ends.push(...sent);
  return ends;
}

function newWindow(): SendWindow {
  return new SendWindow((reason) => reason instanceof Error && reason.message === "no place");
}

test("sends 16 at once, gives each once with its end, and passes over what fails for another reason", async () => {
  const peer = peerOf(100, 7);
  const ends = await sentTo(peer.sendOne);
  expect(ends.map(({ item }) => item)).toEqual(ITEMS);
  expect(ends.filter(({ end }) => end.status === "rejected").map(({ item }) => item)).toEqual([7]);
  expect(ends[3]?.end).toEqual({ status: "fulfilled", value: 30 });
  expect(peer.counts()).toEqual({ most: 16, asked: ITEMS.length });
});

test.each([1, 2, 5])(
  "all goes to a peer that has place for %d at once, and few are refused",
  async (places) => {
    const peer = peerOf(places);
    const window = newWindow();
    const ends = await sentTo(peer.sendOne, window);
    expect(ends.map(({ item }) => item).toSorted((one, other) => one - other)).toEqual(ITEMS);
    expect(ends.every(({ end }) => end.status === "fulfilled")).toBe(true);
    const { asked } = peer.counts();
    expect(asked).toBeLessThan(ITEMS.length + 32);
    // What it has learnt it keeps.
    await sentTo(peer.sendOne, window);
    expect(peer.counts().asked).toBe(asked + ITEMS.length);
  },
);

test("what a peer refuses alone has failed", async () => {
  const peer = peerOf(0);
  const ends = await sentTo(peer.sendOne);
  expect(ends.every(({ end }) => end.status === "rejected")).toBe(true);
  expect(peer.counts().asked).toBe(16 + 8 + 4 + 2 + ITEMS.length);
});

test("sends no more once nobody goes on", async () => {
  const peer = peerOf(100);
  for await (const sent of newWindow().send(ITEMS, peer.sendOne)) {
    expect(sent).toHaveLength(16);
    break;
  }
  expect(peer.counts().asked).toBe(16);
});
