import { describe, expect, it } from "vitest";
import { judgeClock } from "./prove-clock.ts";
import { statusProbe } from "./testing/status-probe.ts";

const OFFSET_MS = -60_000;

function ahead(clockAheadMs: number, life: string | undefined = "1") {
  return [statusProbe({ life, clockAheadMs })];
}

describe("judgeClock()", () => {
  // Machines need not agree with the harness: what counts is how far the clock moves.
  const good = { before: ahead(3_000), during: ahead(-57_100), after: ahead(2_900) };

  it("bites where the clock moved by about the offset, and back", () => {
    expect(judgeClock(good, OFFSET_MS)).toMatchObject({ bit: true, reason: "" });
  });

  it.each([
    [
      { during: ahead(3_000) },
      "the clock of n2 was off by 0 ms during the fault, expected -60000 ms",
    ],
    [
      { during: ahead(63_000) },
      "the clock of n2 was off by 60000 ms during the fault, expected -60000 ms",
    ],
    [
      { after: ahead(-57_000) },
      "the clock of n2 was off by -60000 ms after healing, expected 0 ms",
    ],
    [
      { during: [statusProbe({ life: undefined })] },
      "n2 did not answer harness during the fault: refused",
    ],
    [{ during: [] }, "nobody asked during the fault"],
    [{ after: ahead(3_000, "2") }, "n2 was started again"],
  ])("does not bite where %#", (wrong, reason) => {
    expect(judgeClock({ ...good, ...wrong }, OFFSET_MS)).toMatchObject({ bit: false, reason });
  });
});
