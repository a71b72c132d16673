import { describe, expect, it } from "vitest";
import type { Probe, StatusProbe } from "./probes.ts";
import { judgeDisconnect, judgeSilence, judgeWipe } from "./prove-silence.ts";
import { statusProbe } from "./testing/status-probe.ts";

const FIRST = statusProbe({ life: "1" });
const SECOND = statusProbe({ life: "2" });
const SILENT = statusProbe({ life: undefined });

describe("judgeSilence()", () => {
  const good = { before: [FIRST], during: [SILENT, SILENT], after: [SECOND] };

  it("wants a node whose process ended to be silent and to come back as another life", () => {
    expect(judgeSilence(good, "another").bit).toBe(true);
    expect(judgeSilence({ ...good, after: [FIRST] }, "another").bit).toBe(false);
    expect(judgeSilence({ ...good, during: [SILENT, FIRST] }, "another").bit).toBe(false);
    expect(judgeSilence({ ...good, after: [SILENT] }, "another").bit).toBe(false);
    expect(judgeSilence({ ...good, before: [SILENT] }, "another").bit).toBe(false);
  });

  it("wants a node whose process lived on to be silent and to go on as the same", () => {
    const same = { ...good, after: [FIRST] };
    expect(judgeSilence(same, "same").bit).toBe(true);
    expect(judgeSilence(good, "same").reason).toBe("n2 was started again");
    expect(judgeSilence({ ...same, during: [] }, "same").bit).toBe(false);
  });
});

describe("judgeWipe()", () => {
  const holding = (probe: StatusProbe, keysHeld: readonly string[]) => ({ ...probe, keysHeld });
  const good = {
    before: [holding(FIRST, ["a", "b"])],
    during: [holding(SILENT, [])],
    after: [holding(SECOND, [])],
  };

  it("bites where the node came back without any key that it had", () => {
    expect(judgeWipe(good)).toMatchObject({ bit: true, reason: "" });
  });

  it.each([
    [{ after: [holding(SECOND, ["b"])] }, "n2 still held 1 of 2 keys that it had held before"],
    [{ before: [holding(FIRST, [])] }, "n2 held no key before the fault, so nothing could be lost"],
    [{ after: [holding(FIRST, [])] }, "n2 was never started again"],
    [{ during: [holding(FIRST, [])] }, "n2 still answered during the fault"],
  ])("does not bite where %#", (wrong, reason) => {
    expect(judgeWipe({ ...good, ...wrong })).toMatchObject({ bit: false, reason });
  });
});

describe("judgeDisconnect()", () => {
  const broken = [
    { from: "n1", to: "n2" },
    { from: "n3", to: "n2" },
  ];
  const call = (from: string, to: string, answered: boolean): Probe => ({
    from,
    to,
    asked: true,
    answered,
    detail: answered ? "" : "timeout",
    latencyMs: 1,
  });
  const calls = (answered: boolean) => [
    call("n1", "n2", answered),
    call("n3", "n2", answered),
    call("n1", "n3", true),
    call("n3", "n1", true),
  ];
  const good = {
    before: [FIRST, ...calls(true)],
    during: [SILENT, ...calls(false)],
    after: [FIRST, ...calls(true)],
  };

  it("bites where nobody hears the node, all others hear each other, and it comes back as it was", () => {
    expect(judgeDisconnect(good, broken)).toMatchObject({ bit: true, reason: "" });
  });

  it.each([
    [{ during: [FIRST, ...calls(false)] }, "n2 still answered during the fault"],
    [{ during: [SILENT, ...calls(true)] }, "n2 still answered n1 during the fault (and 1 more)"],
    [
      { during: [SILENT, call("n1", "n2", false)] },
      "n3 was never asked to reach n2 during the fault",
    ],
    [
      { during: [SILENT, ...calls(false).slice(0, 2), call("n1", "n3", false)] },
      "n3 did not answer n1 although nothing was cut between them: timeout",
    ],
    [{ after: [SECOND, ...calls(true)] }, "n2 was started again"],
  ])("does not bite where %#", (wrong, reason) => {
    expect(judgeDisconnect({ ...good, ...wrong }, broken)).toMatchObject({ bit: false, reason });
  });
});
