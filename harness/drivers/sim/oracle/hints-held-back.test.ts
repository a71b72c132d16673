import { describe, expect, test } from "vitest";
import { HeldBackWatch, longestWaitMs } from "./hints-held-back.ts";
import type { Copy } from "./key-state.ts";
import { KeyState } from "./key-state.ts";
import { Violations } from "./violations.ts";

/** Times of deliveries in a world in which failures end 1 s after what caused them. */
const BOUNDS = { scanMs: 100, paceMs: () => 1, settleMs: 1_000, tryMs: 200, pageMs: 10 };
/** Two pages, the wait for a turn, and the next try. */
const GO_MS = 2 * 10 + 16 + 200;
/** More than what clocks and timers account for. */
const SLACK_MS = 10;

function watching() {
  let nowMs = 0;
  let calmSinceMs: number | undefined = Number.NEGATIVE_INFINITY;
  const violations = new Violations(() => nowMs);
  const watch = new HeldBackWatch(
    () => nowMs,
    { ...BOUNDS, calmSinceMs: () => calmSinceMs },
    violations,
  );
  const copies = new Map(["x", "y"].map((name) => [name, hintOf(name)]));
  const write = (name: string, value: Buffer | undefined): void => {
    const copy = copies.get(name);
    if (copy !== undefined) watch.written(copy, value);
  };
  return {
    watch,
    keep: (name: string) => write(name, Buffer.alloc(9)),
    take: (name: string) => write(name, undefined),
    /** Until then something is wrong with the two; undefined: for good. */
    trouble: (untilMs: number | undefined) => {
      calmSinceMs = untilMs;
    },
    at: (timeMs: number) => {
      nowMs = timeMs;
    },
    found: () => violations.first.map(({ check }) => check),
  };
}

/** Of `a`, for `b`. */
function hintOf(name: string): Copy {
  return {
    ...{ node: "a", owner: "b", state: new KeyState(Buffer.from(name), ["b"]) },
    ...{ visible: undefined, durable: undefined, damaged: undefined, isForgetful: false },
  };
}

describe("HeldBackWatch", () => {
  test("finds a hint that waits although nothing was wrong, and not one that waits for a scan", () => {
    const { keep, take, at, found } = watching();
    keep("x");
    at(GO_MS);
    take("x");
    expect(found()).toEqual([]);
    keep("x");
    at(2 * GO_MS + SLACK_MS);
    take("x");
    expect(found()).toEqual(["hints-held-back"]);
  });

  test.each([
    // Failures may end 1,016 ms after the trouble does: within 1,516 ms there are five at most, and within 716 ms four.
    { takenMs: 9_500, waitMs: 1_600 },
    { takenMs: 10_300, waitMs: 800 },
  ])("after failures from $takenMs ms on they may wait for $waitMs ms", ({ takenMs, waitMs }) => {
    for (const isLate of [false, true]) {
      const { keep, take, trouble, at, found } = watching();
      at(takenMs - 1);
      keep("x");
      at(takenMs);
      take("x");
      keep("y");
      trouble(10_000);
      at(10_000 + 1_016 + waitMs + GO_MS + (isLate ? SLACK_MS : 0));
      take("y");
      expect(found()).toEqual(isLate ? ["hints-held-back"] : []);
    }
  });

  test("a hint may have failed by itself since it is kept, whatever else was taken", () => {
    const { keep, take, trouble, at, found } = watching();
    keep("x");
    trouble(undefined);
    at(9_900);
    keep("y");
    take("y");
    trouble(10_000);
    at(11_016 + 10_000 + GO_MS);
    take("x");
    expect(found()).toEqual([]);
  });

  test("one that changed is delivered anew", () => {
    const { keep, take, at, found } = watching();
    at(10_000);
    keep("x");
    at(10_000 + GO_MS);
    keep("x");
    at(10_000 + 2 * GO_MS);
    take("x");
    expect(found()).toEqual([]);
  });

  test("asks nothing while something is wrong, nor of a node that ever died", () => {
    const { watch, keep, take, trouble, at, found } = watching();
    keep("x");
    trouble(undefined);
    at(90_000);
    take("x");
    trouble(0);
    keep("y");
    watch.died("b");
    at(190_000);
    take("y");
    expect(found()).toEqual([]);
  });

  test("leaves a node's own rows alone", () => {
    const { watch, at, found } = watching();
    const own = { ...hintOf("x"), owner: "a" };
    watch.written(own, Buffer.alloc(9));
    at(90_000);
    watch.written(own, undefined);
    expect(found()).toEqual([]);
  });
});

describe("longestWaitMs()", () => {
  test("is that of one failure at once, doubled for each that fits, and 10 s at most", () => {
    expect(longestWaitMs(0, 100)).toBe(100);
    expect(longestWaitMs(40, 100)).toBe(100);
    expect(longestWaitMs(50, 100)).toBe(200);
    expect(longestWaitMs(150, 100)).toBe(400);
    expect(longestWaitMs(60_000, 100)).toBe(10_000);
    expect(longestWaitMs(60_000, 20_000)).toBe(20_000);
  });
});
