import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FormatError } from "../base/binary.ts";
import { utf8Bytes } from "../base/bytes.ts";
import { testActor } from "./testing/causal-world.ts";
import { vectorClock, vectorClockMax } from "./vector-clock.ts";
import type { Clock, Siblings, Versioning } from "./versioning.ts";

const [Sx, Sy, Sz] = [testActor(0), testActor(1), testActor(2)] as const;
const NO_CONTEXT: Clock = new Map();

const readings = [{ versioning: vectorClock }, { versioning: vectorClockMax }];

function put(versioning: Versioning, stored: Siblings, context: Clock, name: string, actor = Sx) {
  return versioning.update(stored, context, utf8Bytes(name), { actor, wallMs: 0 });
}

function names(siblings: Siblings): string[] {
  return siblings.payloads.map((payload) => new TextDecoder().decode(payload)).sort();
}

describe.each(readings)(
  "D-4.4-6 Figure 3 of the paper under $versioning.mode",
  ({ versioning }) => {
    const { merge, empty } = versioning;
    const d1 = put(versioning, empty, NO_CONTEXT, "D1", Sx);
    const d2 = put(versioning, d1, d1.clock, "D2", Sx);
    const d3 = put(versioning, d2, d2.clock, "D3", Sy);
    const d4 = put(versioning, d2, d2.clock, "D4", Sz);

    it("gives every version the clock that is printed there", () => {
      expect(d1.clock).toEqual(new Map([[Sx, 1]]));
      expect(d2.clock).toEqual(new Map([[Sx, 2]]));
      expect(d3.clock).toEqual(new Map([[Sx, 2], [Sy, 1]])); // biome-ignore format: as printed
      expect(d4.clock).toEqual(new Map([[Sx, 2], [Sz, 1]])); // biome-ignore format: as printed
    });

    it("drops D1 and D2 where D4 arrives, keeps D3 and D4 beside each other", () => {
      expect(merge(d1, d4)).toBe(d4);
      expect(merge(d2, d4)).toBe(d4);
      expect(names(merge(d3, d4))).toEqual(["D3", "D4"]);
      expect(names(merge(d4, d3))).toEqual(["D3", "D4"]);
    });

    it("reads D3 and D4 under their joint context, and D5 replaces both", () => {
      const read = merge(d3, d4);
      expect(read.clock).toEqual(new Map([[Sx, 2], [Sy, 1], [Sz, 1]])); // biome-ignore format: as printed
      const d5 = put(versioning, read, read.clock, "D5", Sx);
      expect(names(d5)).toEqual(["D5"]);
      expect(d5.clock).toEqual(new Map([[Sx, 3], [Sy, 1], [Sz, 1]])); // biome-ignore format: as printed
      expect(merge(read, d5)).toBe(d5);
    });
  },
);

describe("what the paper's readings lose", () => {
  const read = (versioning: Versioning) => put(versioning, versioning.empty, NO_CONTEXT, "read");

  it("vector-clock gives two values one clock and keeps the stored one (K-2)", () => {
    const base = read(vectorClock);
    const first = put(vectorClock, base, base.clock, "first");
    const second = put(vectorClock, base, base.clock, "second");
    expect(second.clock).toEqual(first.clock);
    expect(put(vectorClock, first, base.clock, "second")).toBe(first);
    expect(vectorClock.merge(first, second)).toBe(first);
    expect(vectorClock.merge(second, first)).toBe(second);
  });

  it("vector-clock-max lets the second write dominate the first that its client never saw (K-1)", () => {
    const base = read(vectorClockMax);
    const first = put(vectorClockMax, base, base.clock, "first");
    expect(names(put(vectorClockMax, first, base.clock, "second"))).toEqual(["second"]);
  });

  it("vector-clock lets a wider context dominate a write it does not cover (K-3)", () => {
    const base = read(vectorClock);
    const wider = put(vectorClock, base, base.clock, "wider", Sy);
    const unseen = put(vectorClock, base, base.clock, "unseen", Sx);
    const stored = vectorClock.merge(unseen, wider);
    expect(names(stored)).toEqual(["unseen", "wider"]);
    expect(names(put(vectorClock, stored, wider.clock, "after", Sx))).toEqual(["after"]);
  });
});

describe("vector-clock.merge()", () => {
  it("keeps exactly the versions that no other descends from", () => {
    const contexts = fc.dictionary(fc.constantFrom("0", "1", "2"), fc.integer({ min: 1, max: 3 }));
    fc.assert(
      fc.property(fc.array(contexts, { minLength: 1, maxLength: 8 }), (all) => {
        const single = all.map((pairs, index) => {
          const context = new Map(Object.entries(pairs).map(([n, c]) => [testActor(+n), c]));
          // An actor of its own for each: no two clocks are equal.
          return put(vectorClock, vectorClock.empty, context, `${index}`, testActor(index, 7));
        });
        const both = single.reduce((merged, one) => vectorClock.merge(merged, one));
        const leaves = single.filter(
          (one) => !single.some((other) => other !== one && vectorClock.descends(other, one)),
        );
        expect(names(both)).toEqual(leaves.flatMap(names).sort());
      }),
    );
  });
});

describe("vector-clock.decode()", () => {
  const one = put(vectorClock, vectorClock.empty, NO_CONTEXT, "a", Sx);
  const two = put(vectorClock, vectorClock.empty, one.clock, "b", Sx);
  const body = (siblings: Siblings) => vectorClock.encode(siblings).subarray(3);

  it("refuses versions of which one covers another, and an empty clock", () => {
    const covered = Uint8Array.from([2, 3, 2, ...body(one), ...body(two)]);
    expect(() => vectorClock.decode(covered)).toThrow(/covered/);
    const unordered = Uint8Array.from([2, 3, 2, ...body(two), ...body(one)]);
    expect(() => vectorClock.decode(unordered)).toThrow(/ascending/);
    expect(() => vectorClock.decode(Uint8Array.from([2, 3, 1, 0, 0]))).toThrow(FormatError);
  });
});
