import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FormatError } from "../base/binary.ts";
import { SeededRandom } from "../base/seeded-random.ts";
import { dvvset } from "./dvvset.ts";
import { merged } from "./merged.ts";
import type { CausalWorldOptions } from "./testing/causal-world.ts";
import { CausalWorld, testActor } from "./testing/causal-world.ts";
import { play, schedules } from "./testing/schedule.ts";
import type { Clock, Siblings, Versioning } from "./versioning.ts";

const WORLD = { versioning: dvvset, nodeCount: 3, clientCount: 4 } as const;
const NO_CONTEXT: Clock = new Map();

/** A write through a node, by its number. */
function put(stored: Siblings, context: Clock, name: string, node = 0, epoch = 1): Siblings {
  return dvvset.update(stored, context, text(name), { actor: testActor(node, epoch), wallMs: 0 });
}

function text(name: string): Uint8Array {
  return new TextEncoder().encode(name);
}

function names(siblings: Siblings): string[] {
  return siblings.payloads.map((payload) => new TextDecoder().decode(payload)).sort();
}

describe("dvvset against the causal-history oracle (K-1, K-2, K-3, D-4.4-3)", () => {
  it("loses no acknowledged write and keeps nothing false, whatever is lost on the way", () => {
    fc.assert(
      fc.property(schedules(WORLD), (steps) => {
        const world = new CausalWorld(WORLD);
        play(world, steps);
        expect(world.outcome()).toMatchObject({ lost: 0, falseSiblings: 0 });
      }),
      { numRuns: 2_000 },
    );
  });

  it("loses writes where an actor is reused after its row was gone (planted fault, K-6)", () => {
    expect(lostOverSeeds({ actors: "reused" })).toBeGreaterThan(0);
    expect(lostOverSeeds({ actors: "fresh" })).toBe(0);
  });

  it("loses writes where only the new version is replicated (planted fault)", () => {
    expect(lostOverSeeds({ replicated: "new-version" })).toBeGreaterThan(0);
    expect(lostOverSeeds({ replicated: "whole-set" })).toBe(0);
  });
});

describe("dvvset.update()", () => {
  it("does not let a second put with the first one's context cover what came between", () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: 2 }), { maxLength: 6 }),
        fc.nat({ max: 2 }),
        (between, node) => {
          const read = put(dvvset.empty, NO_CONTEXT, "read");
          const context = read.clock;
          let stored = put(read, context, "first", node);
          for (const [index, other] of between.entries()) {
            stored = put(stored, context, `between ${index}`, other);
          }
          const after = put(stored, context, "second", node);
          expect(names(after)).toEqual([...names(stored), "second"].sort());
          expect(names(after)).not.toContain("read");
        },
      ),
    );
  });

  it("adds a blind write as a sibling", () => {
    const first = put(dvvset.empty, NO_CONTEXT, "first");
    expect(names(put(first, NO_CONTEXT, "second"))).toEqual(["first", "second"]);
  });

  it("replaces all that was read by one write with the context", () => {
    const first = put(dvvset.empty, NO_CONTEXT, "first");
    const both = put(first, NO_CONTEXT, "second", 1);
    const after = put(both, both.clock, "third", 2);
    expect(names(after)).toEqual(["third"]);
    expect(dvvset.descends(after, both)).toBe(true);
    expect(dvvset.merge(both, after)).toBe(after);
  });

  it("knows what the context covers though this node never held it", () => {
    const elsewhere = put(dvvset.empty, NO_CONTEXT, "elsewhere", 1);
    const here = put(dvvset.empty, elsewhere.clock, "here", 0);
    expect(names(dvvset.merge(here, elsewhere))).toEqual(["here"]);
  });

  it("K-3 keeps a write that a wider context does not cover", () => {
    const base = put(dvvset.empty, NO_CONTEXT, "read");
    const wider = put(base, base.clock, "wider", 1);
    const unseen = put(base, base.clock, "unseen", 0);
    const stored = dvvset.merge(unseen, wider);
    expect(names(put(stored, wider.clock, "after", 0))).toEqual(["after", "unseen"]);
  });

  it("counts on from the context where that is ahead of the row", () => {
    const twice = put(put(dvvset.empty, NO_CONTEXT, "one"), NO_CONTEXT, "two");
    const behind = put(dvvset.empty, twice.clock, "three");
    expect(behind.clock.get(testActor(0))).toBe(3);
  });
});

describe("a fallback that coordinates twice around a delivered hint", () => {
  const owner = put(dvvset.empty, NO_CONTEXT, "of the owner", 1);
  const hint = put(dvvset.empty, NO_CONTEXT, "first", 2);
  const delivered = dvvset.merge(owner, hint);

  it("loses its second write under the same actor (planted fault)", () => {
    const second = put(dvvset.empty, NO_CONTEXT, "second", 2);
    expect(names(dvvset.merge(delivered, second))).toEqual(["first", "of the owner"]);
  });

  it("keeps both under a fresh epoch", () => {
    const second = put(dvvset.empty, NO_CONTEXT, "second", 2, 2);
    expect(names(dvvset.merge(delivered, second))).toEqual(["first", "of the owner", "second"]);
  });
});

describe("a lost replication message", () => {
  const first = put(dvvset.empty, NO_CONTEXT, "first");
  const both = put(first, NO_CONTEXT, "second");

  it("loses the first write where the second travels alone (planted fault)", () => {
    // Alone it can only say: this is dot 2 of the actor, and dot 1 is overwritten.
    const alone = put(dvvset.empty, first.clock, "second");
    expect(names(dvvset.merge(both, alone))).toEqual(["second"]);
  });

  it("does no harm where the whole set travels", () => {
    const replica = dvvset.merge(dvvset.empty, both);
    expect(names(dvvset.merge(both, replica))).toEqual(["first", "second"]);
  });
});

describe("two clients that interleave 101 writes (K-5)", () => {
  it("leave 2 siblings in a dvvset and 101 in a merged set", () => {
    expect(interleavedSiblings(dvvset)).toBe(2);
    expect(interleavedSiblings(merged)).toBe(101);
  });
});

describe("dvvset.decode()", () => {
  const record = put(put(dvvset.empty, NO_CONTEXT, "a", 0), NO_CONTEXT, "b", 1);
  const bytes = dvvset.encode(record);

  it("refuses actors out of order, twice, or malformed", () => {
    const [zero, one] = [testActor(0), testActor(1)].map((actor) => text(actor)) as [
      Uint8Array,
      Uint8Array,
    ];
    const entry = (actor: Uint8Array) => [actor.length, ...actor, 1, 1, 1, 97];
    const head = [1, 1, 2];
    expect(() =>
      dvvset.decode(Uint8Array.from([...head, ...entry(zero), ...entry(one)])),
    ).not.toThrow();
    for (const [left, right] of [
      [one, zero],
      [zero, zero],
      [zero, text("node-1")],
    ] as const) {
      const spoiled = Uint8Array.from([...head, ...entry(left), ...entry(right)]);
      expect(() => dvvset.decode(spoiled)).toThrow(FormatError);
    }
  });

  it("refuses a counter of 0 and more versions than dots", () => {
    const actor = text(testActor(0));
    for (const tail of [
      [0, 0],
      [1, 2, 1, 97, 1, 98],
    ]) {
      const spoiled = Uint8Array.from([1, 1, 1, actor.length, ...actor, ...tail]);
      expect(() => dvvset.decode(spoiled)).toThrow(FormatError);
    }
  });

  it("refuses another format version, every truncation, and bytes that follow", () => {
    expect(() => dvvset.decode(Uint8Array.from([2, ...bytes.subarray(1)]))).toThrow(/version is 2/);
    for (let length = 0; length < bytes.length; length += 1) {
      expect(() => dvvset.decode(bytes.subarray(0, length))).toThrow(FormatError);
    }
    expect(() => dvvset.decode(Uint8Array.from([...bytes, 0]))).toThrow(/1 bytes follow/);
  });
});

/** Acknowledged writes that are lost over 200 seeded schedules of puts, lost messages and hand-offs. */
function lostOverSeeds(faults: Pick<CausalWorldOptions, "actors" | "replicated">): number {
  let lost = 0;
  for (let seed = 0; seed < 200; seed += 1) {
    const world = new CausalWorld({ ...WORLD, ...faults });
    const random = new SeededRandom(seed);
    for (let step = 0; step < 40; step += 1) {
      const [client, node, other] = [random.integer(4), random.integer(3), random.integer(3)];
      const action = random.integer(8);
      if (action < 2) {
        world.get(client, [node, other]);
      } else if (action < 7) {
        world.put(client, node, random.integer(2) === 0 ? [] : [other]);
      } else {
        world.handOff(node, other);
      }
    }
    lost += world.outcome().lost;
  }
  return lost;
}

/** Two clients write in turn, each with the context of the answer to its own last write. */
function interleavedSiblings(versioning: Versioning): number {
  const mint = { actor: testActor(0), wallMs: 0 };
  const contexts: Clock[] = [NO_CONTEXT, NO_CONTEXT];
  let stored = versioning.empty;
  for (let index = 0; index < 101; index += 1) {
    const client = index % 2;
    const context = contexts[client] ?? NO_CONTEXT;
    stored = versioning.update(stored, context, text(`write ${index}`), mint);
    contexts[client] = stored.clock;
  }
  return stored.payloads.length;
}
