import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FormatError } from "../base/binary.ts";
import { equalBytes } from "../base/bytes.ts";
import { CausalWorld, testActor } from "./testing/causal-world.ts";
import type { Step } from "./testing/schedule.ts";
import { playStep, schedules } from "./testing/schedule.ts";
import type { Siblings, Versioning } from "./versioning.ts";
import { VERSIONING_MODES } from "./versioning.ts";
import { versioningFor } from "./versioning-for.ts";

// What every mode promises, over all sets that replicas come to hold in random schedules with lost messages.

const WORLD = { nodeCount: 3, clientCount: 4 } as const;
const LATTICES = ["dvvset", "merged", "lww", "lww-hybrid"] as const;

describe.each(VERSIONING_MODES)("%s", (mode) => {
  const versioning = versioningFor(mode);
  const anyThree = threeSets(versioning);

  it("D-4.4-3 merge() is idempotent and returns the stored set itself", () => {
    fc.assert(
      fc.property(anyThree, ([a, b]) => {
        const both = versioning.merge(a, b);
        expect(versioning.merge(a, a)).toBe(a);
        expect(versioning.merge(both, a)).toBe(both);
        expect(versioning.merge(both, b)).toBe(both);
        expect(versioning.merge(a, versioning.empty)).toBe(a);
        expectEqual(versioning, versioning.merge(versioning.empty, a), a);
      }),
    );
  });

  it("merge() returns an argument itself where that is the result", () => {
    fc.assert(
      fc.property(anyThree, ([a, b]) => {
        const both = versioning.merge(a, b);
        if (same(versioning, both, a)) {
          expect(both).toBe(a);
        } else if (same(versioning, both, b)) {
          expect(both).toBe(b);
        }
      }),
    );
  });

  it("descends() says whether merging changes anything", () => {
    fc.assert(
      fc.property(anyThree, ([a, b]) => {
        const unchanged = same(versioning, versioning.merge(a, b), a);
        expect(versioning.descends(a, b)).toBe(unchanged);
      }),
    );
  });

  it("descends() is reflexive and transitive, and everything descends from nothing", () => {
    fc.assert(
      fc.property(anyThree, ([a, b, c]) => {
        expect(versioning.descends(a, a)).toBe(true);
        expect(versioning.descends(a, versioning.empty)).toBe(true);
        if (versioning.descends(a, b) && versioning.descends(b, c)) {
          expect(versioning.descends(a, c)).toBe(true);
        }
      }),
    );
  });

  it("decode() gives back what encode() took", () => {
    fc.assert(
      fc.property(anyThree, ([a]) => {
        const bytes = versioning.encode(a);
        const decoded = versioning.decode(bytes);
        expect(versioning.encode(decoded)).toEqual(bytes);
        expect(decoded.clock).toEqual(a.clock);
        expect(decoded.payloads).toEqual(a.payloads);
        expect(versioning.merge(a, decoded)).toBe(a);
      }),
    );
  });

  it("decode() refuses changed, cut and invented bytes, or reads what encode() could have made", () => {
    fc.assert(
      fc.property(anyThree, mutations(), ([a], mutate) => {
        expectRefusedOrCanonical(versioning, mutate(versioning.encode(a)));
      }),
      { numRuns: 2_000 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        expectRefusedOrCanonical(versioning, bytes);
      }),
    );
  });

  it("decode() refuses records of all other modes", () => {
    for (const other of VERSIONING_MODES.filter((name) => name !== mode)) {
      const foreign = versioningFor(other);
      const bytes = foreign.encode(write(foreign, foreign.empty));
      expect(() => versioning.decode(bytes)).toThrow(FormatError);
    }
  });

  it("D-4.4-2 update() leaves what it is given as it was", () => {
    fc.assert(
      fc.property(anyThree, ([a, b]) => {
        const before = versioning.encode(a);
        write(versioning, a);
        versioning.update(a, b.clock, new Uint8Array(2), { actor: testActor(1), wallMs: 1e6 });
        versioning.merge(a, b);
        expect(versioning.encode(a)).toEqual(before);
      }),
    );
  });
});

describe.each(LATTICES)("%s", (mode) => {
  const versioning = versioningFor(mode);

  it("D-4.4-3 merge() is commutative", () => {
    fc.assert(
      fc.property(threeSets(versioning), ([a, b]) => {
        expectEqual(versioning, versioning.merge(a, b), versioning.merge(b, a));
      }),
    );
  });

  it("descends() is antisymmetric", () => {
    fc.assert(
      fc.property(threeSets(versioning), ([a, b]) => {
        if (versioning.descends(a, b) && versioning.descends(b, a)) {
          expectEqual(versioning, a, b);
        }
      }),
    );
  });

  it("D-4.7-6 replicas that have met pair by pair hold equal bytes", () => {
    fc.assert(
      fc.property(schedules(WORLD), (steps) => {
        const world = new CausalWorld({ versioning, ...WORLD });
        worldStates(world, steps);
        for (const [from, to] of [...ROUND, ...ROUND]) {
          world.send(from, to);
        }
        const [first, ...others] = world.replicas.map((replica) => versioning.encode(replica));
        for (const other of others) {
          expect(other).toEqual(first);
        }
      }),
    );
  });
});

describe.each(["dvvset", "lww", "lww-hybrid"] as const)("%s", (mode) => {
  const versioning = versioningFor(mode);

  it("D-4.4-3 merge() is associative", () => {
    fc.assert(
      fc.property(threeSets(versioning), ([a, b, c]) => {
        const { merge } = versioning;
        expectEqual(versioning, merge(merge(a, b), c), merge(a, merge(b, c)));
      }),
    );
  });
});

const ROUND = [
  [0, 1],
  [1, 2],
  [2, 0],
  [0, 1],
] as const;

/** Three of the sets that replicas hold at any time of one schedule. */
function threeSets(versioning: Versioning) {
  return fc
    .tuple(schedules(WORLD), fc.nat(), fc.nat(), fc.nat())
    .map(([steps, ...picks]): [Siblings, Siblings, Siblings] => {
      const states = worldStates(new CausalWorld({ versioning, ...WORLD }), steps);
      const pick = (index: number) => states[index % states.length] ?? versioning.empty;
      return [pick(picks[0]), pick(picks[1]), pick(picks[2])];
    });
}

function worldStates(world: CausalWorld, steps: readonly Step[]): readonly Siblings[] {
  const states = [...world.replicas];
  for (const step of steps) {
    playStep(world, step);
    states.push(...world.replicas);
  }
  return states;
}

function write(versioning: Versioning, stored: Siblings): Siblings {
  const mint = { actor: testActor(0, 99), wallMs: 1 };
  return versioning.update(stored, new Map(), new Uint8Array([1]), mint);
}

function same(versioning: Versioning, left: Siblings, right: Siblings): boolean {
  return equalBytes(versioning.encode(left), versioning.encode(right));
}

function expectEqual(versioning: Versioning, left: Siblings, right: Siblings): void {
  expect(versioning.encode(left)).toEqual(versioning.encode(right));
}

function expectRefusedOrCanonical(versioning: Versioning, bytes: Uint8Array): void {
  let decoded: Siblings;
  try {
    decoded = versioning.decode(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
    return;
  }
  expect(equalBytes(versioning.encode(decoded), bytes)).toBe(true);
}

/** Ways of spoiling a byte string: a changed byte, a cut, an inserted byte, a stretch written twice. */
function mutations() {
  const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  const byte = fc.nat({ max: 255 });
  return fc
    .record({ kind: fc.constantFrom("set", "cut", "insert", "double"), place, other: place, byte })
    .map(({ kind, place: from, other, byte: value }) => (bytes: Uint8Array) => {
      const at = Math.floor(from * bytes.length);
      const end = at + Math.floor(other * (bytes.length - at));
      const [head, tail] = [bytes.subarray(0, at), bytes.subarray(at)];
      switch (kind) {
        case "set":
          return Uint8Array.from([...head, value, ...tail.subarray(1)]);
        case "insert":
          return Uint8Array.from([...head, value, ...tail]);
        case "double":
          return Uint8Array.from([...bytes.subarray(0, end), ...tail]);
        default:
          return Uint8Array.from(head);
      }
    });
}
