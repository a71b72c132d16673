/* Histories as sets: whatever way changes come, union is union, and vectors say exactly what is missing. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nodeId } from "../base/ids.ts";
import type { Change } from "./change.ts";
import { changeId, compareChanges, issuerOf } from "./change.ts";
import { History } from "./history.ts";
import { anyHistory, lifeOf } from "./testing/change-arbitraries.ts";

const LEAVE: Change = {
  issuer: issuerOf(nodeId("a"), lifeOf(1)),
  number: 1,
  time: 1_000,
  what: { kind: "leave", node: nodeId("b") },
};

function historyOf(...parts: readonly (readonly Change[])[]): History {
  const history = new History();
  for (const part of parts) history.add(part);
  return history;
}

/** What a node may have of it: of each issuer the first so many. */
function prefixOf(all: readonly Change[], lengths: readonly number[]): readonly Change[] {
  const issuers = [...new Set(all.map(({ issuer }) => issuer))];
  return all.filter(
    ({ issuer, number }) => number <= (lengths[issuers.indexOf(issuer) % lengths.length] ?? 0),
  );
}

const idsOf = (changes: readonly Change[]) => changes.map(changeId);
const someLengths = fc.array(fc.nat({ max: 6 }), { minLength: 1, maxLength: 5 });
const parts = fc
  .tuple(anyHistory, someLengths, someLengths, someLengths)
  .map(([all, ...each]) => each.map((lengths) => prefixOf(all, lengths)));

describe("History", () => {
  test("union is commutative, associative and idempotent", () => {
    fc.assert(
      fc.property(parts, ([left = [], middle = [], right = []]) => {
        const expected = historyOf(left, middle, right);
        const others = [
          historyOf(right, middle, left),
          historyOf(middle, right, left, middle, left, right),
          historyOf([...left, ...right].reverse(), middle),
          historyOf(left, historyOf(middle, right).inOrder()),
        ];
        for (const other of others) {
          expect(other.inOrder()).toEqual(expected.inOrder());
          expect(other.vector).toEqual(expected.vector);
          expect(other.digest).toEqual(expected.digest);
        }
      }),
    );
  });

  test("holds what was added, each once, by time, issuer and number", () => {
    fc.assert(
      fc.property(anyHistory, (all) => {
        const history = new History();
        expect(idsOf(history.add(all).taken).sort()).toEqual(idsOf(all).sort());
        expect(history.add(all)).toEqual({ taken: [], refused: [] });
        expect(history.inOrder()).toEqual([...all].sort(compareChanges));
        expect(history.size).toBe(all.length);
        expect(history.latest).toBe(Math.max(...all.map(({ time }) => time)));
      }),
    );
  });

  test("a vector tells exactly what is missing, in an order that can be added in pages of any size", () => {
    fc.assert(
      fc.property(parts, fc.integer({ min: 1, max: 4 }), ([left = [], right = []], pageLength) => {
        const full = historyOf(left, right);
        const part = historyOf(right);
        const missing = full.missingFor(part.vector);
        const known = new Set(idsOf(part.inOrder()));
        expect(idsOf(missing)).toEqual(idsOf(full.inOrder()).filter((id) => !known.has(id)));
        for (let at = 0; at < missing.length; at += pageLength) {
          expect(part.add(missing.slice(at, at + pageLength)).refused).toEqual([]);
        }
        expect(part.inOrder()).toEqual(full.inOrder());
        expect(part.missingFor(full.vector)).toEqual([]);
        expect(full.missingFor(part.vector)).toEqual([]);
      }),
    );
  });

  test("does not take what comes behind a gap until the gap is filled", () => {
    const second = { ...LEAVE, number: 2, time: 1_001 };
    const third = { ...LEAVE, number: 3, time: 1_002 };
    const history = historyOf([LEAVE]);
    expect(history.add([third])).toEqual({
      taken: [],
      refused: [{ change: third, reason: "gap" }],
    });
    expect(history.vector).toEqual(new Map([[LEAVE.issuer, 1]]));
    expect(history.add([third, second]).taken).toEqual([second, third]);
  });

  test("keeps neither silently where two changes have one id", () => {
    const other: Change = { ...LEAVE, what: { kind: "leave", node: nodeId("c") } };
    const history = historyOf([LEAVE]);
    expect(history.add([other]).refused).toEqual([{ change: other, reason: "differs" }]);
    expect(history.inOrder()).toEqual([LEAVE]);
    expect(new History().add([LEAVE, other]).refused).toHaveLength(1);
    // And two nodes of which each knows one of them see it.
    const elsewhere = historyOf([other]);
    expect(elsewhere.vector).toEqual(history.vector);
    expect(elsewhere.digest).not.toEqual(history.digest);
  });

  test("refuses a change that is not later than the one before of its issuer", () => {
    const second = { ...LEAVE, number: 2 };
    expect(historyOf([LEAVE]).add([second]).refused).toEqual([{ change: second, reason: "time" }]);
    expect(new History().add([LEAVE, second]).refused).toEqual([
      { change: second, reason: "time" },
    ]);
  });

  test("a list that was handed out stays as it was", () => {
    const history = historyOf([LEAVE]);
    const before = history.inOrder();
    history.add([{ ...LEAVE, number: 2, time: 1_001 }]);
    expect(before).toEqual([LEAVE]);
  });
});
