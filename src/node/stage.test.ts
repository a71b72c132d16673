import { describe, expect, test } from "vitest";
import { ManualClock } from "../env/testing/manual-clock.ts";
import { quietEnvironment } from "../env/testing/quiet-environment.ts";
import type { DynamoError } from "../protocol/errors.ts";
import { Stage } from "./stage.ts";

function stageOf(runningMax: number, queueMax: number) {
  const environment = quietEnvironment(new ManualClock());
  const stage = new Stage(environment, "s", { runningMax, queueMax });
  const events: string[] = [];
  const enqueue = (name: string, waitMaxMs = 1_000): void =>
    stage.enqueue({
      waitMaxMs,
      begin: (waitedMs) => events.push(`${name} began after ${waitedMs}`),
      refuse: ({ code }: DynamoError) => events.push(`${name} ${code}`),
    });
  const metric = (what: string, labels = {}) =>
    environment.metrics.valueOf(`ringside_stage_${what}`, { stage: "s", ...labels });
  return { ...environment, stage, events, enqueue, metric };
}

describe("D-5-3 a stage", () => {
  test("has so many tasks under way, so many in its queue, and refuses the rest at once", () => {
    const { stage, enqueue, events, metric } = stageOf(2, 1);
    expect([stage.tryEnter(), stage.tryEnter(), stage.tryEnter()]).toEqual([true, true, false]);
    enqueue("a");
    expect(() => enqueue("b")).toThrow(expect.objectContaining({ code: "overloaded" }));
    expect([metric("running"), metric("depth"), metric("wait_ms")]).toEqual([2, 1, 2]);
    expect(metric("shed_total", { reason: "full" })).toBe(1);
    expect(events).toEqual([]);
  });

  test("begins what waits in its order, and nobody passes it", () => {
    const { stage, enqueue, events, clock, metric } = stageOf(1, 3);
    stage.tryEnter();
    for (const name of ["a", "b"]) enqueue(name);
    clock.advance(5);
    stage.leave();
    expect(events).toEqual(["a began after 5"]);
    expect(stage.tryEnter()).toBe(false);
    clock.advance(2);
    stage.leave();
    expect(events).toEqual(["a began after 5", "b began after 7"]);
    stage.leave();
    expect([metric("running"), metric("depth"), metric("wait_ms")]).toEqual([0, 0, 3]);
    expect(clock.timerCount).toBe(0);
  });

  test("refuses what has waited for too long, and never begins it", () => {
    const { stage, enqueue, events, clock, metric } = stageOf(1, 2);
    stage.tryEnter();
    enqueue("patient", 100);
    enqueue("hasty", 10);
    clock.advance(10);
    expect(events).toEqual(["hasty overloaded"]);
    expect([metric("depth"), metric("shed_total", { reason: "late" })]).toEqual([1, 1]);
    stage.leave();
    stage.leave();
    expect(events).toEqual(["hasty overloaded", "patient began after 10"]);
    expect([metric("running"), metric("depth")]).toEqual([0, 0]);
  });

  test("hands over to thousands that end as they begin", () => {
    const { stage, metric } = stageOf(1, 50_000);
    stage.tryEnter();
    let begun = 0;
    for (let count = 0; count < 50_000; count += 1) {
      stage.enqueue({
        waitMaxMs: 1_000,
        begin: () => {
          begun += 1;
          stage.leave();
        },
        refuse: () => {},
      });
    }
    stage.leave();
    expect([begun, metric("running"), metric("depth")]).toEqual([50_000, 0, 0]);
  });
});
