import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { OperationParts } from "./operations.ts";
import {
  isDoneAlready,
  LISTED_CALM,
  LISTED_MAX,
  operationOf,
  operationsOf,
  shownVersions,
  superseding,
  supersedingAlso,
  withOperation,
} from "./operations.ts";
import {
  decodeOperations,
  decodePayload,
  encodePayload,
  LISTED_BYTES,
  TOMBSTONE_PAYLOAD,
} from "./payload.ts";

const NONE = new Uint8Array(0);
const PARTS: OperationParts = {
  token: "0123456789abcdef",
  context: Buffer.from("context"),
  contentType: "text/plain",
  tombstone: false,
  bytes: Buffer.from("value"),
};

/** A version of the write that goes by this name. */
function named(token: string, value = token): Uint8Array {
  const payload = { contentType: "text/plain", tombstone: false, bytes: Buffer.from(value) };
  const own = operationOf({ ...payload, token: token.padEnd(16, "-"), context: NONE });
  return encodePayload(payload, { own, superseded: NONE });
}

function unnamed(value: string): Uint8Array {
  return encodePayload({ contentType: "text/plain", tombstone: false, bytes: Buffer.from(value) });
}

describe("operationOf()", () => {
  test("is the same for the same request, and for no other", () => {
    const others: Partial<OperationParts>[] = [
      { token: "0123456789abcdeg" },
      { context: NONE },
      { contentType: "text/plain2", bytes: Buffer.from("value") },
      { bytes: Buffer.from("valuf") },
      { contentType: "", tombstone: true, bytes: NONE },
      // What one part loses the next one gains.
      { contentType: "text/plai", bytes: Buffer.from("nvalue") },
      { token: "0123456789abcdefc", context: Buffer.from("ontext") },
    ];
    const all = [PARTS, ...others.map((other) => ({ ...PARTS, ...other }))].map(operationOf);
    expect(new Set(all.map((bytes) => Buffer.from(bytes).toString("hex"))).size).toBe(all.length);
    expect(operationOf({ ...PARTS, bytes: Buffer.from("value") })).toEqual(operationOf(PARTS));
  });
});

/** The write of somebody who has read these versions. */
function over(payload: Uint8Array, read: readonly Uint8Array[], max = LISTED_CALM): Uint8Array {
  return superseding(payload, operationsOf(read, max));
}

describe("isDoneAlready()", () => {
  test("finds the write itself, and one that a version superseded", () => {
    const first = named("first");
    const second = over(named("second"), [first]);
    expect(isDoneAlready(first, [unnamed("x"), first])).toBe(true);
    expect(isDoneAlready(first, [second])).toBe(true);
    expect(isDoneAlready(second, [first])).toBe(false);
    expect(isDoneAlready(first, [])).toBe(false);
  });

  test("finds no other value under the name, and nothing for a write without one", () => {
    expect(isDoneAlready(named("one", "b"), [named("one", "a")])).toBe(false);
    expect(isDoneAlready(unnamed("a"), [unnamed("a")])).toBe(false);
  });

  test("is not stopped by versions of another format", () => {
    expect(isDoneAlready(named("a"), [Buffer.from("no payload"), NONE])).toBe(false);
  });
});

describe("what a write superseded", () => {
  test("goes from version to version, also through writes without a name and deletes", () => {
    let held = named("w0");
    for (let number = 1; number < 5; number += 1) held = over(named(`w${number}`), [held]);
    held = over(unnamed("plain"), [held]);
    held = over(encodePayload(TOMBSTONE_PAYLOAD), [held]);
    expect(decodePayload(held)).toBe(TOMBSTONE_PAYLOAD);
    for (let number = 0; number < 5; number += 1) {
      expect(isDoneAlready(named(`w${number}`), [held])).toBe(true);
    }
  });

  test.each([LISTED_CALM, LISTED_MAX])("is known for %i writes, and no more", (max) => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3 * LISTED_CALM }), (extra) => {
        const length = max - LISTED_CALM + extra;
        let held = named("w0");
        for (let number = 1; number <= length; number += 1) {
          held = over(named(`w${number}`), [held], max);
        }
        expect(decodeOperations(held).superseded.length).toBe(LISTED_BYTES * Math.min(max, length));
        for (const number of [
          0,
          Math.max(0, length - max - 1),
          Math.max(0, length - max),
          length,
        ]) {
          expect(isDoneAlready(named(`w${number}`), [held])).toBe(length - number <= max);
        }
      }),
      { numRuns: 20 },
    );
  });

  test("names every sibling, however many there are, and of each the newest before it", () => {
    const siblings = Array.from({ length: 40 }, (_, at) =>
      over(named(`s${at}`), [named(`o${at}`)]),
    );
    const all = over(named("all"), siblings);
    for (let at = 0; at < 40; at += 1) expect(isDoneAlready(named(`s${at}`), [all])).toBe(true);
    expect(isDoneAlready(named("o0"), [all])).toBe(false);
    const few = over(named("few"), siblings.slice(0, 4));
    for (let at = 0; at < 4; at += 1) expect(isDoneAlready(named(`o${at}`), [few])).toBe(true);
  });

  test("takes in what its coordinator dropped, which nobody had read", () => {
    const read = over(named("write"), [named("read")]);
    const full = supersedingAlso(read, [over(named("dropped"), [named("before")])]);
    expect(decodePayload(full)).toEqual(decodePayload(read));
    expect(decodeOperations(full).own).toEqual(decodeOperations(read).own);
    for (const name of ["read", "dropped", "before"]) {
      expect(isDoneAlready(named(name), [full]), name).toBe(true);
    }
    expect(supersedingAlso(read, [])).toBe(read);
    expect(supersedingAlso(read, [named("read")])).toBe(read);
    expect(supersedingAlso(read, [unnamed("x")])).toBe(read);
  });
});

test("supersedingAlso() lists what was dropped and what that listed, as far as a list goes, and leaves a whole list as it is", () => {
  const index = fc.integer({ min: 0, max: 60 });
  const version = fc.record({
    own: fc.option(index, { nil: undefined }),
    before: fc.uniqueArray(index, { maxLength: 24 }),
  });
  const token = (number: number): string => `w${number}`;
  const built = ({ own, before }: { own: number | undefined; before: readonly number[] }) => {
    const names = before.map((number) => decodeOperations(named(token(number))).own ?? NONE);
    const superseded = Buffer.concat(names.map((bytes) => bytes.subarray(0, LISTED_BYTES)));
    const base = own === undefined ? unnamed("x") : named(token(own));
    return superseding(base, superseded);
  };
  fc.assert(
    fc.property(version, fc.array(version, { maxLength: 4 }), (write, versions) => {
      const read = built({ ...write, own: 99 });
      const dropped = versions.map(built);
      const full = supersedingAlso(read, dropped);
      expect(decodeOperations(full).own).toEqual(decodeOperations(read).own);
      for (const { own } of versions) {
        if (own !== undefined) expect(isDoneAlready(named(token(own)), [full])).toBe(true);
      }
      for (const number of write.before) {
        expect(isDoneAlready(named(token(number)), [full])).toBe(true);
      }
      const { length } = decodeOperations(full).superseded;
      for (const number of versions.flatMap(({ before }) => before)) {
        const isFull = length >= LISTED_CALM * LISTED_BYTES;
        if (!isFull) expect(isDoneAlready(named(token(number)), [full])).toBe(true);
      }
      expect(supersedingAlso(full, dropped)).toBe(full);
    }),
  );
});

test("withOperation() names a write that has no name, and no other", () => {
  const draw = () => new Uint8Array(16).fill(7);
  const { own = NONE } = decodeOperations(withOperation(unnamed("x"), draw));
  expect(Buffer.compare(own, draw())).toBe(0);
  const write = over(named("one"), [named("before")]);
  expect(withOperation(write, draw)).toBe(write);
});

describe("shownVersions()", () => {
  test("shows of each operation the first version, whatever it superseded", () => {
    const other = over(named("one"), [named("before")]);
    const versions = [named("one"), unnamed("a"), other, unnamed("a"), named("two")];
    for (const mode of ["dvvset", "merged"] as const) {
      expect(shownVersions(versions, mode)).toEqual([
        versions[0],
        versions[1],
        versions[3],
        versions[4],
      ]);
    }
  });

  test("D-4.4-12 hides what another version superseded under another dot, where there are no false siblings", () => {
    const again = named("one");
    const next = over(named("two"), [named("one")]);
    expect(shownVersions([again, next], "dvvset")).toEqual([next]);
    expect(shownVersions([again, over(next, [])], "merged")).toEqual([again, next]);
    const deleted = over(encodePayload(TOMBSTONE_PAYLOAD), [next]);
    expect(shownVersions([again, deleted, next], "dvvset")).toEqual([deleted]);
  });

  test("hides nothing that was only known to a writer of the format before", () => {
    const { own = NONE } = decodeOperations(named("one"));
    // Flags 2 and 4: an operation of its own, and one that its coordinator knew.
    const old = Buffer.concat([Buffer.from([1, 6, 0]), Buffer.alloc(16, 9), Buffer.from([1]), own]);
    expect(decodePayload(old).bytes).toHaveLength(0);
    expect(shownVersions([named("one"), old], "dvvset")).toEqual([named("one"), old]);
  });
});
