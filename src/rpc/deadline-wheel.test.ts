import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ManualClock } from "../env/testing/manual-clock.ts";
import { Deadline, DeadlineWheel } from "./deadline-wheel.ts";

const LATE_MS_MAX = 4;

class Recorded extends Deadline {
  firedMs: number | undefined;
  readonly #clock: ManualClock;
  readonly #onFire: () => void;

  constructor(clock: ManualClock, onFire: () => void = () => {}) {
    super();
    this.#clock = clock;
    this.#onFire = onFire;
  }

  override onDeadline(): void {
    if (this.firedMs !== undefined) throw new Error("Cannot fire twice");
    this.firedMs = this.#clock.monotonicMs();
    this.#onFire();
  }
}

describe("DeadlineWheel", () => {
  test("fires each deadline once, never early, at most 4 ms late, and none that was removed", () => {
    const step = fc.oneof(
      fc.record({ timeoutMs: fc.double({ min: 0, max: 9_000, noNaN: true }) }),
      fc.record({ waitMs: fc.double({ min: 0, max: 3_000, noNaN: true }) }),
      fc.record({ removed: fc.nat() }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const clock = new ManualClock(12.5);
        const wheel = new DeadlineWheel(clock);
        const all: { entry: Recorded; dueMs: number; removed: boolean }[] = [];
        for (const action of steps) {
          if ("waitMs" in action) clock.advance(action.waitMs);
          else if ("timeoutMs" in action) {
            const entry = new Recorded(clock);
            const nowMs = clock.monotonicMs();
            wheel.add(entry, nowMs, action.timeoutMs);
            all.push({ entry, dueMs: nowMs + action.timeoutMs, removed: false });
          } else {
            const victim = all[action.removed % Math.max(1, all.length)];
            if (victim === undefined || victim.entry.firedMs !== undefined) continue;
            wheel.remove(victim.entry);
            victim.removed = true;
          }
        }
        clock.advance(10_000);
        for (const { entry, dueMs, removed } of all) {
          if (removed) expect(entry.firedMs).toBeUndefined();
          else {
            expect(entry.firedMs).toBeGreaterThanOrEqual(dueMs - 1e-6);
            expect(entry.firedMs).toBeLessThanOrEqual(dueMs + LATE_MS_MAX + 1e-6);
          }
        }
        expect(clock.timerCount).toBe(0);
      }),
    );
  });

  test("a deadline may remove others and add new ones while it fires", () => {
    const clock = new ManualClock(0);
    const wheel = new DeadlineWheel(clock);
    const removed = new Recorded(clock);
    const added = new Recorded(clock);
    const first = new Recorded(clock, () => {
      wheel.remove(removed);
      wheel.add(added, clock.monotonicMs(), 0);
    });
    wheel.add(first, 0, 10);
    wheel.add(removed, 0, 10);
    clock.advance(100);
    expect(first.firedMs).toBe(12);
    expect(removed.firedMs).toBeUndefined();
    expect(added.firedMs).toBe(16);
  });

  test("sets one timer for many deadlines, and none for none", () => {
    const clock = new ManualClock(0);
    const wheel = new DeadlineWheel(clock);
    const entries = Array.from({ length: 1_000 }, () => new Recorded(clock));
    for (const [index, entry] of entries.entries()) wheel.add(entry, 0, 1_000 - index);
    expect(clock.timerCount).toBe(1);
    for (const entry of entries) wheel.remove(entry);
    clock.advance(1_000);
    expect(clock.timerCount).toBe(0);
  });
});
