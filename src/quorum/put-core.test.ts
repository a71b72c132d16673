import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nodeId } from "../base/ids.ts";
import { Placement } from "./placement.ts";
import { PutCore } from "./put-core.ts";

const LIST = ["A", "B", "C", "D", "E"].map(nodeId);
const [A, B, C, D, E] = LIST as [
  (typeof LIST)[0],
  (typeof LIST)[0],
  (typeof LIST)[0],
  (typeof LIST)[0],
  (typeof LIST)[0],
];

function core(w: number, down: readonly string[] = [], sloppy = true): PutCore {
  const isUp = (node: string): boolean => !down.includes(node);
  return new PutCore(
    new Placement({ preferenceList: LIST, n: 3, sloppy, isUp, coordinator: A }),
    w,
  );
}

describe("PutCore", () => {
  test("D-4.5-5 is met by W acknowledgements and complete by N", () => {
    const put = core(2);
    put.acknowledge(A);
    expect(put.state).toBe("waiting");
    put.acknowledge(C);
    expect(put.state).toBe("met");
    expect(put.complete).toBe(false);
    put.acknowledge(B);
    expect(put.complete).toBe(true);
    expect(put.owedHints()).toEqual([]);
  });

  test("counts one node once, however often it answers", () => {
    const put = core(2);
    put.acknowledge(A);
    put.acknowledge(A);
    expect(put.state).toBe("waiting");
  });

  test("counts a primary and the fallback that keeps its hint once", () => {
    const put = core(2);
    expect(put.fail(B)).toEqual({ node: D, hintFor: B });
    put.acknowledge(D);
    put.acknowledge(B);
    expect(put.state).toBe("waiting");
    put.acknowledge(C);
    expect(put.state).toBe("met");
  });

  test("is missed once too few slots can still acknowledge", () => {
    const put = core(2, [], false);
    put.acknowledge(A);
    expect(put.fail(B)).toBeUndefined();
    expect(put.state).toBe("waiting");
    put.fail(C);
    expect(put.state).toBe("missed");
    expect(put.exhausted).toBe(true);
  });

  test("a failure told twice replaces once", () => {
    const put = core(3);
    expect(put.fail(B)).toEqual({ node: D, hintFor: B });
    expect(put.fail(B)).toBeUndefined();
  });

  test("hedge gives every silent slot a stand-in while there are any, and hints are owed for the rest", () => {
    const put = core(2);
    put.acknowledge(A);
    expect(put.silent()).toEqual([B, C]);
    expect(put.hedge()).toEqual([
      { node: D, hintFor: B },
      { node: E, hintFor: C },
    ]);
    expect(put.hedge()).toEqual([]);
    put.acknowledge(D);
    expect(put.owedHints()).toEqual([C]);
  });

  test("ignores nodes that were never asked", () => {
    const put = core(1);
    put.acknowledge(E);
    expect(put.state).toBe("waiting");
    expect(put.fail(E)).toBeUndefined();
  });

  test("met means W distinct primaries have a copy of theirs, whatever happens in whatever order", () => {
    const event = fc.record({
      kind: fc.constantFrom("acknowledge", "fail", "hedge"),
      node: fc.constantFrom(...LIST),
    });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3 }),
        fc.array(event, { maxLength: 20 }),
        (w, events) => {
          const put = core(w);
          const holders = new Map<string, string>([
            [A, A],
            [B, B],
            [C, C],
          ]);
          const covered = new Set<string>();
          for (const { kind, node } of events) {
            if (kind === "acknowledge") {
              put.acknowledge(node);
              const primary = holders.get(node);
              if (primary !== undefined) covered.add(primary);
            }
            const sends = kind === "hedge" ? put.hedge() : kind === "fail" ? [put.fail(node)] : [];
            for (const send of sends) {
              if (send?.hintFor !== undefined) holders.set(send.node, send.hintFor);
            }
          }
          if (put.state === "met") expect(covered.size).toBeGreaterThanOrEqual(w);
          if (covered.size >= w) expect(put.state).not.toBe("waiting");
          expect(put.owedHints()).toEqual([A, B, C].filter((primary) => !covered.has(primary)));
        },
      ),
    );
  });
});

describe("a write while a change of the ring is open (D-4.9-4)", () => {
  const X = nodeId("X");

  /** Owned by A, B, C; once the change is complete by X, A, B. */
  function changing(options: { readonly w?: number; readonly down?: readonly string[] } = {}) {
    const { w = 2, down = [] } = options;
    const placement = new Placement({
      preferenceList: LIST,
      n: 3,
      sloppy: true,
      isUp: (node) => !down.includes(node),
      coordinator: A,
      nextOwners: [X, A, B],
    });
    return { placement, put: new PutCore(placement, w) };
  }

  test("goes to the owners and to who will be one", () => {
    expect(changing().placement.sends()).toEqual(
      [A, B, C, X].map((node) => ({ node, hintFor: undefined })),
    );
  });

  test("D-4.9-4 is met by W of both, not by W of one", () => {
    const { put } = changing();
    put.acknowledge(A);
    put.acknowledge(C);
    expect(put.state).toBe("waiting");
    put.acknowledge(X);
    expect(put.state).toBe("met");
    expect(put.complete).toBe(false);
    put.acknowledge(B);
    expect(put.complete).toBe(true);
    const other = changing().put;
    other.acknowledge(A);
    other.acknowledge(X);
    expect(other.state).toBe("waiting");
    other.acknowledge(B);
    expect(other.state).toBe("met");
  });

  test("keeps a hint for who will own the key, as for an owner", () => {
    const { placement, put } = changing({ down: [X] });
    expect(placement.sends()).toContainEqual({ node: D, hintFor: X });
    for (const node of [A, B, C]) put.acknowledge(node);
    expect(put.owedHints()).toEqual([X]);
    put.acknowledge(D);
    expect(put.complete).toBe(true);
  });

  test("is missed once one of the two cannot have W any more", () => {
    const { put } = changing({ w: 3, down: [D, E] });
    put.fail(X);
    expect(put.state).toBe("missed");
  });

  test("is in too few hands where either set is", () => {
    expect(changing({ down: [X, B, D, E] }).placement.servedCount).toBe(1);
    expect(changing({ down: [C, D, E] }).placement.servedCount).toBe(2);
  });

  test("a stand-in never takes the place of one that has its own slot already", () => {
    const placement = new Placement({
      preferenceList: LIST,
      n: 3,
      sloppy: true,
      isUp: (node) => node !== B,
      coordinator: A,
      nextOwners: [A, B, D],
    });
    expect(placement.sends()).toEqual([
      { node: A, hintFor: undefined },
      { node: E, hintFor: B },
      { node: C, hintFor: undefined },
      { node: D, hintFor: undefined },
    ]);
  });

  test("D-4.9-4 whatever comes in whatever order: met exactly at W of each set", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3 }),
        fc.shuffledSubarray([A, B, C, X]),
        (w, acknowledged) => {
          const { put } = changing({ w });
          for (const node of acknowledged) put.acknowledge(node);
          const countOf = (owners: readonly string[]) =>
            acknowledged.filter((node) => owners.includes(node)).length;
          const isMet = countOf([A, B, C]) >= w && countOf([X, A, B]) >= w;
          expect(put.state === "met").toBe(isMet);
        },
      ),
    );
  });
});
