import { describe, expect, test } from "vitest";
import { SimLog } from "./sim-log.ts";

describe("SimLog", () => {
  test("keeps every line with its time where somebody will read them", () => {
    let nowMs = 1.5;
    const log = new SimLog(() => nowMs, true);
    log.debug({ a: 1 }, "first");
    nowMs = 2;
    log.error({ err: new Error("planted") }, "second");
    const lines = log.text().trimEnd().split("\n");
    expect(JSON.parse(lines[0] ?? "")).toEqual({ level: "debug", timeMs: 1.5, a: 1, msg: "first" });
    expect(JSON.parse(lines[1] ?? "")).toMatchObject({ level: "error", timeMs: 2, msg: "second" });
    expect(lines[1]).toContain("Error: planted");
  });

  test("keeps no lines otherwise, and the first error of each sentence always", () => {
    const log = new SimLog(() => 0, false);
    log.info({}, "nothing to see");
    log.error({ err: new Error("one") }, "Cannot go on");
    log.error({ err: new Error("two") }, "Cannot go on");
    log.error({ key: "k" }, "Cannot go back");
    expect(log.text()).toBe("");
    expect([...log.errors.keys()]).toEqual(["Cannot go on", "Cannot go back"]);
    expect(log.errors.get("Cannot go on")).toContain("Error: one");
    expect(log.errors.get("Cannot go back")).toBe('{"key":"k"}');
  });

  test("keeps the newest lines where there are too many", () => {
    const log = new SimLog(() => 0, true);
    for (let number = 0; number < 20_005; number += 1) log.info({ number }, "line");
    const lines = log.text().trimEnd().split("\n");
    expect(lines).toHaveLength(20_000);
    expect(lines[0]).toContain('"number":5,');
  });
});
