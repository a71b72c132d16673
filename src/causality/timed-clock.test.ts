import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FormatError } from "../base/binary.ts";
import { SeededRandom } from "../base/seeded-random.ts";
import { mergedVersioning } from "./merged.ts";
import { CausalWorld, testActor } from "./testing/causal-world.ts";
import { play, playReadModifyWrite, schedules } from "./testing/schedule.ts";
import type { TimedEntries, TimedEntry } from "./timed-clock.ts";
import { joinTimed, keptMax, withDot } from "./timed-clock.ts";
import { paperVersioning } from "./vector-clock.ts";
import type { Truncation } from "./versioning.ts";
import { versioningFor } from "./versioning-for.ts";

const REACHES: Truncation = { rule: "reaches", entriesMax: 10 };
const EXCEEDS: Truncation = { rule: "exceeds", entriesMax: 10 };
const TIGHT: readonly Truncation[] = [
  { rule: "reaches", entriesMax: 2 },
  { rule: "exceeds", entriesMax: 2 },
  { rule: "exceeds", entriesMax: 3 },
];

const entry = (node: number, updatedMs: number, counter = 1): TimedEntry => ({
  actor: testActor(node),
  counter,
  updatedMs,
});

const canonical = (entries: TimedEntries): TimedEntries =>
  [...entries].sort((left, right) => (left.actor < right.actor ? -1 : 1));

/** Pairs of nodes 0 to `count` - 1, of which node 0 wrote first. */
const aged = (count: number): TimedEntries =>
  canonical(Array.from({ length: count }, (_, node) => entry(node, 100 + node)));
const agedFrom1 = (count: number): TimedEntries =>
  aged(count).filter(({ actor }) => actor !== testActor(0));

describe("withDot()", () => {
  it("keeps 9 pairs where the clock reaches 10, and 10 where it exceeds them (D-4.4-8)", () => {
    const ninth = entry(9, 500);
    expect(withDot(aged(9), ninth, undefined)).toHaveLength(10);
    expect(withDot(aged(8), entry(8, 500), REACHES)).toHaveLength(9);
    expect(withDot(aged(9), ninth, REACHES)).toEqual([...agedFrom1(9), ninth]);
    expect(withDot(aged(9), ninth, EXCEEDS)).toEqual([...aged(9), ninth]);
    expect(withDot(aged(10), entry(5, 500, 2), EXCEEDS)).toHaveLength(10);
    expect(withDot(aged(10), entry(10, 500), EXCEEDS)).toEqual(
      canonical([...agedFrom1(10), entry(10, 500)]),
    );
  });

  it("drops as many as a joined clock has too many, of equal times the smaller actors", () => {
    const alike = aged(14).map((each) => ({ ...each, updatedMs: 7 }));
    expect(withDot(alike, entry(3, 8, 2), EXCEEDS).map(({ actor }) => actor)).toEqual(
      // As texts: node-0, node-1, node-10 and node-11 come first.
      [12, 13, 2, 3, 4, 5, 6, 7, 8, 9].map((node) => testActor(node)),
    );
  });

  it("never drops the dot of the write, though a clock that is behind makes it the oldest", () => {
    for (const truncation of [REACHES, EXCEEDS, ...TIGHT]) {
      const kept = withDot(aged(12), entry(12, 0), truncation);
      expect(kept).toContainEqual(entry(12, 0));
      expect(kept).toHaveLength(keptMax(truncation));
    }
  });
});

describe("joinTimed()", () => {
  const clocks = fc
    .uniqueArray(fc.nat({ max: 5 }), { maxLength: 6 })
    .chain((nodes) =>
      fc.tuple(
        ...nodes
          .sort((left, right) => left - right)
          .map((node) =>
            fc
              .tuple(fc.integer({ min: 1, max: 3 }), fc.nat({ max: 3 }))
              .map(([counter, ms]) => entry(node, ms, counter)),
          ),
      ),
    ) as fc.Arbitrary<TimedEntries>;

  it("is commutative, associative and idempotent, times included", () => {
    fc.assert(
      fc.property(clocks, clocks, clocks, (a, b, c) => {
        expect(joinTimed(a, b)).toEqual(joinTimed(b, a));
        expect(joinTimed(joinTimed(a, b), c)).toEqual(joinTimed(a, joinTimed(b, c)));
        expect(joinTimed(a, a)).toEqual(a);
      }),
    );
  });
});

describe.each(TIGHT)("truncation that $rule $entriesMax", (truncation) => {
  const world = { nodeCount: 4, clientCount: 4 } as const;

  it("loses no write in mode merged, whatever is lost on the way", () => {
    const options = { ...world, versioning: mergedVersioning({ truncation }) };
    fc.assert(
      fc.property(schedules(world), (steps) => {
        const played = new CausalWorld(options);
        play(played, steps);
        expect(played.outcome().lost).toBe(0);
      }),
      { numRuns: 1_000 },
    );
  });

  it("leaves no clock longer than allowed in the version that a write makes", () => {
    const versioning = paperVersioning("vector-clock-max", { truncation });
    let siblings = versioning.empty;
    for (let node = 0; node < 6; node += 1) {
      const mint = { actor: testActor(node), wallMs: node };
      siblings = versioning.update(versioning.empty, siblings.clock, Uint8Array.of(node), mint);
      expect(siblings.clock.size).toBe(Math.min(node + 1, keptMax(truncation)));
      expect(siblings.entriesDropped).toBe(node + 1 > keptMax(truncation) ? 1 : 0);
    }
  });

  it("lets replicas of mode merged converge to equal bytes", () => {
    const versioning = mergedVersioning({ truncation });
    fc.assert(
      fc.property(schedules(world), (steps) => {
        const played = new CausalWorld({ ...world, versioning });
        play(played, steps);
        for (const round of [0, 1]) {
          for (let node = 0; node < world.nodeCount; node += 1) {
            played.send(node, (node + 1 + round) % world.nodeCount);
            played.send(node, (node + 1) % world.nodeCount);
          }
        }
        for (let node = 1; node < world.nodeCount; node += 1) played.send(node, 0);
        for (let node = 1; node < world.nodeCount; node += 1) played.send(0, node);
        const [first, ...others] = played.replicas.map((each) => versioning.encode(each));
        for (const other of others) expect(other).toEqual(first);
      }),
    );
  });
});

describe("truncation", () => {
  it("makes false siblings of what a client replaced, and without it there are none (K-8)", () => {
    const falseSiblings = (truncation: Truncation | undefined): number => {
      let most = 0;
      for (let seed = 0; seed < 20; seed += 1) {
        const versioning = versioningFor("vector-clock-max", { truncation });
        const world = new CausalWorld({ versioning, nodeCount: 3, clientCount: 1 });
        const random = new SeededRandom(seed);
        const coordinators = [0, 1, 2];
        playReadModifyWrite(world, { steps: 60, clientCount: 1, coordinators, random });
        most = Math.max(most, world.outcome().versionsMost);
      }
      return most;
    };
    expect(falseSiblings(undefined)).toBe(1);
    expect(falseSiblings({ rule: "exceeds", entriesMax: 3 })).toBe(1);
    expect(falseSiblings({ rule: "reaches", entriesMax: 3 })).toBeGreaterThan(1);
  });
});

describe.each(["merged", "vector-clock", "vector-clock-max"] as const)("times in %s", (mode) => {
  const versioning = versioningFor(mode);
  const written = (wallMs: number) =>
    versioning.update(versioning.empty, new Map(), Uint8Array.of(1), {
      actor: testActor(0),
      wallMs,
    });

  it("D-4.7-6 are in the record and in neither comparison nor fingerprint", () => {
    const [early, late] = [written(1_000), written(2_000)];
    const [one, other] = [versioning.encode(early), versioning.encode(late)];
    expect(one).not.toEqual(other);
    expect(versioning.descends(early, late) && versioning.descends(late, early)).toBe(true);
    expect(versioning.merge(early, late)).toBe(early);
    expect(versioning.fingerprintBytes(one)).toEqual(versioning.fingerprintBytes(other));
    expect(late.clock.updatedMs).toEqual(new Map([[testActor(0), 2_000]]));
  });

  it("come from a clock that may be before 1970 or tell fractions", () => {
    expect(written(-5).clock.updatedMs?.get(testActor(0))).toBe(0);
    expect(written(7.9).clock.updatedMs?.get(testActor(0))).toBe(7);
  });

  it("make a new format: records without them are refused", () => {
    const record = versioning.encode(written(1)).slice();
    record[0] = 1;
    expect(() => versioning.decode(record)).toThrow(FormatError);
    expect(() => versioning.decode(record)).toThrow("its format version is 1 and only 2 is known");
  });
});
