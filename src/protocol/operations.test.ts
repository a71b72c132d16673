import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { OperationParts } from "./operations.ts";
import {
  isDoneAlready,
  operationOf,
  withKnownOperations,
  withoutRepetition,
} from "./operations.ts";
import {
  decodeOperations,
  decodePayload,
  encodePayload,
  KNOWN_OPERATIONS_MAX,
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
  return encodePayload(payload, { own, known: NONE });
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

describe("isDoneAlready()", () => {
  test("finds the write itself, and one that a version knows of", () => {
    const first = named("first");
    const second = withKnownOperations(named("second"), [first]);
    expect(isDoneAlready(first, [unnamed("x"), first])).toBe(true);
    expect(isDoneAlready(first, [second])).toBe(true);
    expect(isDoneAlready(second, [first])).toBe(false);
    expect(isDoneAlready(first, [])).toBe(false);
  });

  test("takes no second value for the repetition of a first, and nothing without a name for done", () => {
    expect(isDoneAlready(named("one", "b"), [named("one", "a")])).toBe(false);
    expect(isDoneAlready(unnamed("a"), [unnamed("a")])).toBe(false);
  });

  test("is not stopped by a payload of another format", () => {
    expect(isDoneAlready(named("a"), [Buffer.from("no payload"), NONE])).toBe(false);
  });
});

describe("withKnownOperations()", () => {
  test("keeps the last ones, newest first, through writes without names and deletes", () => {
    let held = named("w0");
    for (let number = 1; number <= 3; number += 1) {
      held = withKnownOperations(named(`w${number}`), [held]);
    }
    held = withKnownOperations(unnamed("plain"), [held]);
    held = withKnownOperations(encodePayload(TOMBSTONE_PAYLOAD), [held]);
    expect(decodePayload(held)).toBe(TOMBSTONE_PAYLOAD);
    for (let number = 0; number <= 3; number += 1) {
      expect(isDoneAlready(named(`w${number}`), [held])).toBe(true);
    }
  });

  test("knows exactly the last few of a chain of any length", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3 * KNOWN_OPERATIONS_MAX }), (length) => {
        let held = named("w0");
        for (let number = 1; number <= length; number += 1) {
          held = withKnownOperations(named(`w${number}`), [held]);
        }
        for (let number = 0; number <= length; number += 1) {
          const isKnown = length - number <= KNOWN_OPERATIONS_MAX;
          expect(isDoneAlready(named(`w${number}`), [held])).toBe(isKnown);
        }
      }),
    );
  });

  test("changes neither value nor own operation, and takes from many versions the newest of each", () => {
    const chains = ["a", "b", "c"].map((name) =>
      withKnownOperations(named(`${name}1`), [withKnownOperations(named(`${name}0`), [])]),
    );
    const merged = chains.map((chain, at) => withKnownOperations(chain, [named(`old${at}`)]));
    const write = named("write");
    const full = withKnownOperations(write, merged);
    expect(decodePayload(full)).toEqual(decodePayload(write));
    expect(decodeOperations(full).own).toEqual(decodeOperations(write).own);
    for (const name of ["a1", "b1", "c1", "old0", "old1", "old2"]) {
      expect(isDoneAlready(named(name), [full]), name).toBe(true);
    }
    expect(withKnownOperations(write, [unnamed("x")])).toBe(write);
  });
});

describe("withoutRepetition()", () => {
  test("shows a write once, whatever its two versions know, and everything else as it is", () => {
    const other = withKnownOperations(named("one"), [named("before")]);
    const versions = [named("one"), unnamed("x"), other, unnamed("x"), named("one", "b")];
    expect(withoutRepetition(versions)).toEqual([
      named("one"),
      unnamed("x"),
      unnamed("x"),
      named("one", "b"),
    ]);
  });
});
