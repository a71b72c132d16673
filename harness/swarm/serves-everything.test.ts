/*
 * Aim: a simulated run is held to serving everything where nothing in its world keeps it from that, and nowhere else. Method: runs of a
 * plain plan as they are, and with what its history says of one cart turned into refusals.
 */

import { describe, expect, test } from "vitest";
import { analyze } from "../checker/analyze.ts";
import type { HistoryLine } from "../history/operation.ts";
import { runSimulation } from "./run-simulation.ts";
import { servesEverything } from "./serves-everything.ts";
import type { SimPlan } from "./sim-plan.ts";
import { simulationInput } from "./simulation-input.ts";
import type { PlainPlanOptions } from "./testing/plain-plan.ts";
import { plainPlan } from "./testing/plain-plan.ts";

const CHECK = "expected-availability";
/** Four seconds, since the first one and a half are not judged. */
const LONG = { operations: 400, run: { seconds: 4, reconcile: "union" } } as const;

/** As if each write of the cart had been refused. */
function refused(lines: readonly HistoryLine[], cart: string): readonly HistoryLine[] {
  return lines.map((line) =>
    line.type === "ok" && line.key === cart && line.f !== "view"
      ? { ...line, type: "fail", error: "overloaded" }
      : line,
  );
}

async function judged(plan: SimPlan, change = (lines: readonly HistoryLine[]) => lines) {
  const { header, lines } = await runSimulation(plan);
  return analyze(simulationInput(plan, header, change(lines))).summary.checkers[CHECK];
}

describe("servesEverything()", () => {
  test("lets a swarm's run without trouble be convicted of a cart that is never served", async () => {
    const plan = plainPlan(LONG);
    expect(await judged(plan)).toEqual({ verdict: "valid", reasons: [] });
    const found = await judged(plan, (lines) => refused(lines, "cart-1"));
    expect(found?.verdict).toBe("invalid");
    expect(found?.reasons.at(-1)).toMatch(
      /^1 key\(s\) were not served once .* cart-1: 0 of \d+ adds and removes in all phases together\.$/,
    );
  });

  const fault = { kind: "crash", node: "n1", power: false, startMs: 1_000, endMs: 2_000 } as const;
  const { network, settings } = plainPlan().world;
  const slower = (meanMs: number) => ({ minMs: 0, meanMs });
  const with25 = { network: slower(25), diskWrite: slower(0) };
  const with37 = { network: slower(37), diskWrite: slower(0) };
  test.each<[string, PlainPlanOptions, boolean]>([
    ["nothing", {}, true],
    ["a fault", { faults: [fault] }, false],
    ["a core that is alone after the load", { core: ["n1", "n2"] }, false],
    ["a stage that may be full", { world: { settings: { ...settings, inFlightMax: 8 } } }, false],
    ["a slow network", { world: { network: slower(30) } }, false],
    ["a network that is slow enough", { world: with25 }, true],
    [
      "less time",
      { world: { ...with25, settings: { ...settings, requestTimeoutMs: 499 } } },
      false,
    ],
    [
      "more time than its clients wait",
      {
        world: { network: slower(38), settings: { ...settings, requestTimeoutMs: 5_000 } },
      },
      false,
    ],
    [
      "as much time as its clients wait",
      { world: { ...with37, settings: { ...settings, requestTimeoutMs: 5_000 } } },
      true,
    ],
    ["a disk behind a network that is slow enough", { world: { network: slower(25) } }, false],
    ["vectors that keep false siblings", { run: { versioning: "merged" } }, false],
    [
      "clocks that are cut",
      { run: { versioning: "vector-clock", truncate: "reaches", clockEntriesMax: 2 } },
      false,
    ],
    ["clocks that are not cut", { run: { versioning: "vector-clock" } }, true],
    ["one value alone", { run: { versioning: "lww" } }, true],
    ["a slow link", { world: { network, links: { "n1~n2": slower(30) } } }, false],
    ["a slow disk", { world: { diskWrite: slower(4) } }, false],
    ["a disk that reads slowly", { world: { diskRead: slower(4) } }, false],
  ])("of a world with %s", (_, options, isServed) => {
    expect(servesEverything(plainPlan(options))).toBe(isServed);
  });

  test("leaves other runs of the swarm alone", async () => {
    const plan = plainPlan({ ...LONG, faults: [fault] });
    expect(await judged(plan, (lines) => refused(lines, "cart-1"))).toBeUndefined();
  });
});
