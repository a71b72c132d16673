import { expect, test } from "vitest";
import { SimAssertions } from "./sim-assertions.ts";

test("SimAssertions counts what is reached, and finds each broken point once, when it broke first", () => {
  let nowMs = 0;
  const assertions = new SimAssertions(() => nowMs);
  assertions.always("kept", true);
  assertions.always("broken", true);
  nowMs = 7;
  assertions.always("broken", false);
  nowMs = 9;
  assertions.always("broken", false);
  assertions.sometimes("seen", true);
  assertions.sometimes("seen", false);
  assertions.sometimes("unseen", false);
  assertions.reachable("passed");
  expect(assertions.reached).toEqual({ kept: 1, broken: 3, seen: 1, passed: 1 });
  expect(assertions.findings).toEqual([
    {
      check: "assertion",
      anomaly: "broken",
      detail: "The store's own assertion did not hold: broken",
      timeMs: 7,
    },
  ]);
});
