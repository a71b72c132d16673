/*
 * Aim: what a node says and holds does not grow with the cluster, as far as the design promises: at rest it compares replicas with one peer at a
 * time, and a request asks N nodes however many there are. Method: `npm run bench:scale` with small clusters, in virtual time.
 */
import { expect, test } from "vitest";
import type { ScaleResult } from "./run-scale.ts";
import { runScale } from "./run-scale.ts";

const TRIAL = { ratePerNode: 10, restMs: 60_000, loadMs: 2_000, seed: 1 };

test("a node of 24 sends as much at rest and for a request as one of 8, and has connections to all", {
  timeout: 120_000,
}, async () => {
  const few = await runScale({ ...TRIAL, nodes: 8 });
  const many = await runScale({ ...TRIAL, nodes: 24 });
  for (const result of [few, many]) {
    expect(result.failed).toBe(0);
    expect(result.connections.started).toBe(0);
    // A node that has nobody to wait for asks nobody whether it is there (D-4.8.3-2).
    expect(result.atRest.has("health")).toBe(false);
    expect(result.atRest.has("write")).toBe(false);
  }
  const ratio = (of: (result: ScaleResult) => number) => of(many) / of(few);
  expect(ratio(({ atRest }) => atRest.get("exchange")?.frames ?? 0)).toBeCloseTo(1, 0);
  for (const purpose of ["read", "write"] as const) {
    const growth = ratio(({ underLoad }) => underLoad.get(purpose)?.frames ?? 0);
    expect(growth).toBeGreaterThan(0.8);
    expect(growth).toBeLessThan(1.25);
  }
  // What does grow: whoever coordinates any key talks to everybody in the end.
  expect(few.connections.loaded).toBe(8 * 7);
  expect(many.connections.loaded).toBeGreaterThan(0.9 * 24 * 23);
});
