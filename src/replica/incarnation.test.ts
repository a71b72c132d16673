import { expect, test } from "vitest";
import { SlowEngine } from "../storage/testing/slow-engine.ts";
import { startIncarnation } from "./incarnation.ts";
import { replicaEnvironment, SELF } from "./testing/replica-world.ts";

test("startIncarnation() draws a new one each time and resolves once it is stored", async () => {
  const engine = new SlowEngine();
  const env = replicaEnvironment(1);
  const seen = new Set<string>();
  for (let start = 0; start < 3; start += 1) {
    let resolved = false;
    const starting = startIncarnation(env, engine, SELF);
    void starting.then(() => {
      resolved = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(resolved).toBe(false);
    await engine.finishOne("stored");
    const incarnation = await starting;
    seen.add(incarnation);
    const stored = await engine.durable.get("incarnations", Buffer.from(SELF));
    expect(JSON.parse(Buffer.from(stored ?? []).toString())).toMatchObject({
      format: 1,
      incarnation,
    });
  }
  expect(seen.size).toBe(3);
});
