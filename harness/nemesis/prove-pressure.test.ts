import { describe, expect, it } from "vitest";
import type { MachinePressure } from "../cluster/contract.ts";
import type { PressureProbe } from "./prove-pressure.ts";
import { judgeCpu, judgeFullDisk, judgeMemory } from "./prove-pressure.ts";
import { statusProbe } from "./testing/status-probe.ts";

const CALM: MachinePressure = {
  throttledPeriods: 7,
  memoryLimitHits: 7,
  memoryKills: 1,
  memoryBytes: 50_000_000,
  diskFreeBytes: 1_000_000,
};

/** n2 in its first life, or the one named; undefined: it does not answer. */
function pressed(
  change: Partial<MachinePressure> = {},
  life: string | undefined = "1",
): PressureProbe {
  return { ...statusProbe({ life }), pressure: { ...CALM, ...change } };
}

function silent(change: Partial<MachinePressure> = {}): PressureProbe {
  return { ...statusProbe({ life: undefined }), pressure: { ...CALM, ...change } };
}

describe("judgeCpu()", () => {
  const good = {
    before: [pressed()],
    during: [pressed(), silent({ throttledPeriods: 9 })],
    after: [pressed({ throttledPeriods: 9 })],
  };

  it("bites where the node was held back, whether it answered meanwhile or not", () => {
    expect(judgeCpu(good)).toMatchObject({ bit: true, reason: "" });
  });

  it.each([
    [{ during: [pressed()] }, "n2 was never held back by its limit of processor time"],
    [{ during: [] }, "nobody looked during the fault (and 1 more)"],
    [{ before: [silent()] }, "n2 did not answer harness before the fault: refused (and 1 more)"],
    [{ after: [silent()] }, "n2 did not answer harness after healing: refused (and 1 more)"],
    [{ after: [pressed({}, "2")] }, "n2 was started again"],
  ])("does not bite where %#", (wrong, reason) => {
    expect(judgeCpu({ ...good, ...wrong })).toMatchObject({ bit: false, reason });
  });
});

describe("judgeMemory()", () => {
  const good = {
    before: [pressed()],
    during: [pressed({ memoryLimitHits: 8 })],
    after: [pressed({ memoryLimitHits: 8 })],
  };

  it("bites where the node met its limit and lived on", () => {
    expect(judgeMemory(good).bit).toBe(true);
    expect(judgeMemory({ ...good, after: [pressed({}, "2")] }).reason).toBe("n2 was started again");
    expect(judgeMemory({ ...good, during: [pressed()] }).reason).toBe(
      "n2 never met its limit of memory",
    );
  });

  it("bites where the limit killed the node and it came back, its counts begun anew", () => {
    const killed = {
      ...good,
      during: [silent({ memoryKills: 2, memoryLimitHits: 0 })],
      after: [pressed({ memoryKills: 2, memoryLimitHits: 0 }, "2")],
    };
    expect(judgeMemory(killed)).toMatchObject({ bit: true, reason: "" });
    expect(judgeMemory({ ...killed, after: [silent({ memoryKills: 2 })] }).bit).toBe(false);
  });
});

describe("judgeFullDisk()", () => {
  const full = pressed({ diskFreeBytes: 100 });
  const good = { before: [pressed()], during: [full, full], after: [pressed()] };

  it("bites where less than a page was free, before and after not", () => {
    expect(judgeFullDisk(good)).toMatchObject({ bit: true, reason: "" });
  });

  it.each([
    [
      { during: [full, pressed({ diskFreeBytes: 4_096 })] },
      "n2 had 4096 bytes free during the fault",
    ],
    [{ before: [full] }, "n2 had no room on its disk before the fault"],
    [{ after: [full] }, "n2 had no room on its disk after healing"],
    [{ after: [silent()] }, "n2 did not answer harness after healing: refused"],
  ])("does not bite where %#", (wrong, reason) => {
    expect(judgeFullDisk({ ...good, ...wrong })).toMatchObject({ bit: false, reason });
  });
});
