/*
 * The checker of causality against the store's own rules of ordering versions, each wrong in its known way: carts of one
 * record, conflicts by slow calls alone.
 */

import { describe, expect, test } from "vitest";
import { checkCausality } from "../harness/checker/causality.ts";
import { gatherEvidence } from "../harness/checker/evidence.ts";
import { gatherVersions } from "../harness/checker/version-graph.ts";
import type { VersioningMode } from "../src/causality/versioning.ts";
import { simulateCarts } from "./testing/simulated-carts.ts";

async function causalityOf(mode: VersioningMode, seed: number) {
  const reconcile = "union";
  const { header, lines } = await simulateCarts({ seed, mode, reconcile, doubt: 0.05 });
  const evidence = gatherEvidence(header, lines, undefined);
  return checkCausality(evidence, gatherVersions(evidence.pairs), { versioning: mode });
}

describe("checkCausality()", () => {
  test.each([1, 2, 3, 4, 5])("is silent about dvvset, seed %i", async (seed) => {
    const result = await causalityOf("dvvset", seed);
    expect(result).toMatchObject({ verdict: "valid", readsWithFalseSiblings: 0, examples: [] });
    expect(result.acknowledged).toBeGreaterThan(100);
  });

  test("sees false siblings and no loss in merged (K-5)", async () => {
    const { verdict, counts } = await causalityOf("merged", 1);
    expect(verdict).toBe("valid");
    expect(counts["false-dominance"] + counts["missing-sibling"]).toBe(0);
    expect(counts["false-sibling"]).toBeGreaterThan(0);
  });

  test.each(["vector-clock", "vector-clock-max"] as const)(
    "sees false dominance in %s (K-1, K-2)",
    async (mode) => {
      const { verdict, counts } = await causalityOf(mode, 1);
      expect(verdict).toBe("invalid");
      expect(counts["false-dominance"]).toBeGreaterThan(0);
    },
  );

  test("sees versions that gave way to what they had replaced where clocks are wrong (K-14)", async () => {
    const { verdict, counts } = await causalityOf("lww", 1);
    expect(verdict).toBe("invalid");
    expect(counts["missing-sibling"]).toBeGreaterThan(0);
  });
});
