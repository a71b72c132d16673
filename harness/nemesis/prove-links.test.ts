import { describe, expect, it } from "vitest";
import type { Probe } from "./probes.ts";
import { pairsOf } from "./probes.ts";
import { judgeCut, judgeSlow, pairsAcross } from "./prove-links.ts";

const PAIRS = pairsOf(["a", "b", "c"]);
const BROKEN = pairsAcross(PAIRS, [{ from: "a", to: "b" }]);

/** Probes of all pairs; those named in `silent` do not answer. */
function probes(silent: readonly string[] = [], latencyMs = 2): readonly Probe[] {
  return PAIRS.map(({ from, to }) => {
    const answered = !silent.includes(`${from}~${to}`);
    return { from, to, asked: true, answered, detail: answered ? "" : "timeout", latencyMs };
  });
}

describe("pairsAcross()", () => {
  it("breaks both round trips of a pair that is cut in one direction", () => {
    expect(BROKEN).toEqual([
      { from: "a", to: "b" },
      { from: "b", to: "a" },
    ]);
  });

  it("does not count the links of clients", () => {
    expect(pairsAcross(PAIRS, [{ from: "client-a", to: "b" }])).toEqual([]);
  });
});

describe("judgeCut()", () => {
  const good = { before: probes(), during: probes(["a~b", "b~a"]), after: probes() };

  it("bites where the cut pairs fail and all others answer", () => {
    expect(judgeCut(good, BROKEN)).toMatchObject({ bit: true, reason: "" });
  });

  it.each([
    [{ before: probes(["a~b"]) }, "b did not answer a before the fault: timeout"],
    [{ during: probes() }, "b still answered a during the fault (and 1 more)"],
    [{ during: probes(["a~b"]) }, "a still answered b during the fault"],
    [
      { during: probes(["a~b", "b~a", "a~c"]) },
      "c did not answer a although nothing was cut between them: timeout",
    ],
    [{ during: [] }, "a was never asked to reach b during the fault (and 1 more)"],
    [{ after: probes(["c~a"]) }, "a did not answer c after healing: timeout"],
  ])("does not bite where %#", (wrong, reason) => {
    expect(judgeCut({ ...good, ...wrong }, BROKEN)).toMatchObject({ bit: false, reason });
  });

  it("does not take a node that could not be asked for a cut link", () => {
    const during = probes(["a~b", "b~a"]).map((probe) => ({ ...probe, asked: probe.from !== "a" }));
    expect(judgeCut({ ...good, during }, BROKEN).bit).toBe(false);
  });
});

describe("judgeSlow()", () => {
  const slowed = probes().map((probe) =>
    probe.from === "c" || probe.to === "c" ? probe : { ...probe, latencyMs: 90 },
  );

  it("bites where the slow pairs take as long as they must, and only then", () => {
    const good = { before: probes(), during: slowed, after: probes() };
    expect(judgeSlow(good, BROKEN, 80).bit).toBe(true);
    expect(judgeSlow({ ...good, during: probes() }, BROKEN, 80).reason).toContain(
      "b answered a in 2 ms during the fault, expected at least 80 ms",
    );
    expect(judgeSlow({ ...good, after: slowed }, BROKEN, 80).bit).toBe(false);
    expect(judgeSlow({ ...good, during: probes(["a~b"]) }, BROKEN, 80).bit).toBe(false);
  });
});
