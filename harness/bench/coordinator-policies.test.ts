/*
 * Aim: what the paper chose the fastest reader for is so (paper 5), and what the choice of a coordinator does to each kind of clock. Method:
 * the experiment of `npm run bench:coordinators`, smaller; in virtual time, so that the figures are the same everywhere.
 */
import { beforeAll, describe, expect, test } from "vitest";
import { SeededRandom } from "../../src/base/seeded-random.ts";
import type { VersioningMode } from "../../src/causality/versioning.ts";
import type { WriteCoordinator } from "../../src/coordinator/write-candidates.ts";
import { WRITE_COORDINATORS } from "../../src/coordinator/write-candidates.ts";
import type { CoordinatorResult } from "./run-coordinator-trial.ts";
import { runCoordinatorTrials } from "./run-coordinator-trial.ts";
import { ValueHistory } from "./value-history.ts";
import { Zipf } from "./zipf.ts";

/** As many for each of the 24 clients. */
const WRITES = 1_440;
const SEEDS = 2;

describe("D-5-9 the coordinator of a write", () => {
  const results = new Map<string, CoordinatorResult>();
  const of = (policy: WriteCoordinator, versioning: VersioningMode = "dvvset") => {
    const result = results.get(`${versioning} ${policy}`);
    if (result === undefined) throw new RangeError(`No trial of ${versioning} ${policy}`);
    return result;
  };
  // Of so few writes the slowest thousandth is three of them.
  const p995 = (policy: WriteCoordinator) => of(policy).latenciesUs.getValueAtPercentile(99.5);

  beforeAll(async () => {
    for (const versioning of ["dvvset", "vector-clock"] as const) {
      for (const policy of WRITE_COORDINATORS) {
        const trial = { policy, versioning, writes: WRITES };
        results.set(`${versioning} ${policy}`, await runCoordinatorTrials(trial, SEEDS));
      }
    }
  }, 120_000);

  test("that answered the read first is not the one whose disk stalls: p99.5 is far lower", () => {
    expect(p995("fastest-reader")).toBeLessThan(0.6 * p995("any-owner"));
    expect(p995("fastest-reader")).toBeLessThan(0.6 * p995("first-owner"));
  });

  test("that answered the read first shows clients their own writes more often", () => {
    expect(of("fastest-reader").missedOwnShare).toBeLessThan(0.85 * of("any-owner").missedOwnShare);
  });

  test("that is always the first has a load as uneven as the keys", () => {
    for (const policy of ["any-owner", "fastest-reader"] as const) {
      expect(of("first-owner").loadMaxToMean).toBeGreaterThan(1.1 * of(policy).loadMaxToMean);
    }
  });

  test("K-1 loses nothing with dotted clocks, and with the paper's the more, the more writes meet at one", () => {
    for (const policy of WRITE_COORDINATORS) {
      expect(of(policy).acknowledged).toBe(SEEDS * WRITES);
      expect(of(policy).lost).toBe(0);
    }
    const lost = WRITE_COORDINATORS.map((policy) => of(policy, "vector-clock").lost);
    expect(Math.min(...lost)).toBeGreaterThan(0);
    expect(of("first-owner", "vector-clock").lost).toBe(Math.max(...lost));
    // One node orders all writes of a key, so that no two are ever concurrent.
    expect(of("first-owner", "vector-clock").siblingsShare).toBe(0);
  });
});

test("ValueHistory tells what comes from a value, and what nothing comes from any more", () => {
  const history = new ValueHistory();
  const first = history.begin([]);
  const left = history.begin([first]);
  const right = history.begin([first]);
  const merged = history.begin([left]);
  for (const value of [first, left, right, merged]) history.acknowledged(value);
  expect(history.comesFrom([merged], first)).toBe(true);
  expect(history.comesFrom([merged], right)).toBe(false);
  expect(history.comesFrom([merged, right], right)).toBe(true);
  expect(history.lostBeside([merged])).toBe(1);
  expect(history.lostBeside([merged, right])).toBe(0);
  expect(history.lostBeside([])).toBe(4);
});

test("Zipf draws rank 0 about twice as often as rank 1, and no rank beyond the last", () => {
  const zipf = new Zipf(10, 1);
  const random = new SeededRandom(1);
  const counts = Array.from({ length: 11 }, () => 0);
  for (let draw = 0; draw < 20_000; draw += 1) {
    const rank = zipf.draw(random);
    counts[rank] = (counts[rank] ?? 0) + 1;
  }
  expect((counts[0] ?? 0) / (counts[1] ?? 1)).toBeGreaterThan(1.8);
  expect((counts[0] ?? 0) / (counts[1] ?? 1)).toBeLessThan(2.2);
  expect(counts[9]).toBeGreaterThan(0);
  expect(counts[10]).toBe(0);
});
