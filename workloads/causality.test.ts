/*
 * The checker of causality against the store's own rules of ordering versions, each wrong in its known way: carts of one
 * record, conflicts by slow calls alone.
 */

import { describe, expect, test } from "vitest";
import { checkCausality } from "../harness/checker/causality.ts";
import { gatherEvidence } from "../harness/checker/evidence.ts";
import { gatherVersions } from "../harness/checker/version-graph.ts";
import type { VersioningMode } from "../src/causality/versioning.ts";
import type { Store } from "../src/client/contract.ts";
import type { SimulatedCartsOptions } from "./testing/simulated-carts.ts";
import { simulateCarts } from "./testing/simulated-carts.ts";
import { namedType } from "./version-names.ts";

async function causalityOf(
  mode: VersioningMode,
  seed: number,
  planted: Pick<SimulatedCartsOptions, "planted"> = {},
) {
  const reconcile = "union";
  const { header, lines } = await simulateCarts({ seed, mode, reconcile, doubt: 0.05, ...planted });
  const evidence = gatherEvidence(header, lines, undefined);
  return checkCausality(evidence, gatherVersions(evidence.pairs), { versioning: mode });
}

/** Every tenth read shows one version more: what its reader is about to write. */
function prescient(store: Store, process: number): Store {
  let reads = 0;
  let writes = 0;
  return {
    ...store,
    async get(key, options) {
      const { siblings, context } = await store.get(key, options);
      reads += 1;
      if (reads % 10 > 0) return { siblings, context };
      const contentType = namedType("text/plain", `${process}-${writes + 1}`);
      return {
        siblings: [...siblings, ...siblings.slice(0, 1).map((each) => ({ ...each, contentType }))],
        context,
      };
    },
    put(key, bytes, options) {
      writes += 1;
      return store.put(key, bytes, options);
    },
  };
}

describe("checkCausality()", () => {
  test.each([1, 2, 3, 4, 5])("is silent about dvvset, seed %i", async (seed) => {
    const result = await causalityOf("dvvset", seed);
    expect(result).toMatchObject({ verdict: "valid", readsWithFalseSiblings: 0, examples: [] });
    expect(result.acknowledged).toBeGreaterThan(100);
  });

  test("sees versions that stand in their own past where a store shows what is yet to be written", async () => {
    const { verdict, counts } = await causalityOf("dvvset", 1, { planted: prescient });
    expect(verdict).toBe("invalid");
    // Where a view shows it, nothing has begun to write it yet.
    expect(Math.min(counts["own-past"], counts["never-written"])).toBeGreaterThan(3);
    expect(counts["false-dominance"] + counts["missing-sibling"]).toBe(0);
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
