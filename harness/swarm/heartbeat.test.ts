import { describe, expect, test } from "vitest";
import { Heartbeat } from "./heartbeat.ts";

describe("Heartbeat", () => {
  test("shows the last state to whoever shares its memory", () => {
    const writer = new Heartbeat();
    const reader = new Heartbeat(writer.memory);
    expect(reader.read()).toEqual({ signs: 0, virtualMs: 0, events: 0, description: "" });
    writer.write({ virtualMs: 1.5, events: 2 ** 40, description: "a long description" });
    writer.write({ virtualMs: 2, events: 3, description: "settling" });
    writer.sign();
    expect(reader.read()).toEqual({ signs: 3, virtualMs: 2, events: 3, description: "settling" });
    writer.reset();
    expect(reader.read()).toEqual({ signs: 0, virtualMs: 0, events: 0, description: "" });
  });

  test("cuts a description that has no room", () => {
    const heartbeat = new Heartbeat();
    heartbeat.write({ virtualMs: 0, events: 0, description: "x".repeat(10_000) });
    expect(heartbeat.read().description).toBe("x".repeat(512));
  });
});
