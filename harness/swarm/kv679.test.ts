import { describe, expect, test } from "vitest";
import { densePlan } from "./dense-plans.ts";
import { runSimulation } from "./run-simulation.ts";

/* Aim: the kv679 family in the simulator, dense enough that one seed tells. Method: the stories of `stories/lives.ts`. */

describe("D-4.4-11, K-6, K-7 no dot twice and nothing lost, while an incarnation", () => {
  test.each([
    [
      "is replaced after crashes, whatever the only peer remembers",
      "lives-after-crashes",
      { goesOn: true, refused: false },
    ],
    ["goes on over restarts", "lives-after-restarts", { goesOn: true, refused: false }],
    [
      "is replaced where a backup comes back",
      "lives-after-backups",
      { goesOn: true, refused: true },
    ],
    ["is replaced after lost writes", "lives-after-full-disks", { goesOn: false, refused: false }],
  ] as const)(
    "%s",
    async (_what, family, expected) => {
      for (const seed of [1, 5]) {
        const { outcome } = await runSimulation(densePlan(family, seed));
        expect([seed, outcome.findings, outcome.verdict]).toEqual([seed, [], "valid"]);
        expect({
          goesOn: "a life went on with an incarnation" in outcome.reached,
          refused: "a peer did not vouch for a life" in outcome.reached,
        }).toEqual(expected);
      }
    },
    60_000,
  );
});
